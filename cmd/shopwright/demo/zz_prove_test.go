package demo
import ("context";"testing";"time";"os"
"github.com/shopwright/shopwright/core/db"
"github.com/shopwright/shopwright/core/report")
func TestProve(t *testing.T){
 dir:=os.Getenv("PROVE"); if dir=="" {t.Skip()}
 d,_:=db.Open(context.Background(),"sqlite:"+dir+"/shop.db",db.Options{})
 t0:=time.Now()
 clean,err:=report.ProveAll(context.Background(),d,func(p report.Proof){t.Log(p.Name,p.Checked(),len(p.Differences),time.Since(t0))})
 t.Log(clean,err,time.Since(t0))
}
