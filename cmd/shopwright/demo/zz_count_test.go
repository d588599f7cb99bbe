package demo
import ("testing";"math/rand/v2";"strings")
func TestCount(t *testing.T){ ins,_,_,_,_:=assortment(rand.New(rand.NewPCG(1,1)),999); n:=0; for _,i:=range ins{ if strings.Contains(i.Name,"新装"){n++}}; t.Log(len(ins),n)}
