package demo
import ("context";"testing";"time";"os";"log/slog";"runtime/pprof";"strconv"
"github.com/shopwright/shopwright/core/auth"
"github.com/shopwright/shopwright/core/db"
"github.com/shopwright/shopwright/core/member"
"github.com/shopwright/shopwright/core/pack"
"github.com/shopwright/shopwright/core/report"
"github.com/shopwright/shopwright/rules"
"github.com/shopwright/shopwright/rules/packs")
func TestMeasure(t *testing.T){
 dir:=os.Getenv("MEASURE"); if dir=="" {t.Skip()}
 scale,_:=strconv.ParseFloat(os.Getenv("SCALE"),64)
 ctx:=context.Background()
 t0:=time.Now()
 d,err:=db.Open(ctx,"sqlite:"+dir+"/shop.db",db.Options{}); if err!=nil{t.Fatal(err)}
 if _,err=d.Migrate(ctx);err!=nil{t.Fatal(err)}
 reg:=pack.NewRegistry()
 for _,b:=range packs.Bundles(){ x,err:=pack.Open(b); if err!=nil{t.Fatal(err)}; reg.Add(x)}
 h,err:=rules.New(ctx,rules.Options{CacheDir:"/tmp/demo-rule-cache",Load:reg.Module}); if err!=nil{t.Fatal(err)}
 v,_:=member.NewVault(make([]byte,32))
 a:=auth.New(d,auth.Options{Hash:auth.CheapHash})
 t.Log("open",time.Since(t0))
 if f:=os.Getenv("PROF"); f!="" { w,_:=os.Create(f); pprof.StartCPUProfile(w); defer pprof.StopCPUProfile()}
 t0=time.Now()
 n,tot:=0,0
 r,err:=Seed(ctx,Deps{d,h,reg,v,a,slog.New(slog.NewTextHandler(os.Stderr,nil))},Options{Scale:scale},func(done,total int,what string){n,tot=done,total})
 t.Log("seed",time.Since(t0),n,tot)
 if err!=nil{t.Fatal(err)}
 t0=time.Now()
 clean,err:=report.ProveAll(ctx,d,func(p report.Proof){t.Log(p.Name,p.Checked(),len(p.Differences)); for i,x:=range p.Differences{ if i<5 {t.Log(x)}}})
 t.Log("prove",time.Since(t0),clean,err)
 _=r
}
