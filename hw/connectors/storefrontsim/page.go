package storefrontsim

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/sdk/driver"
)

// page is where orders are placed by hand.
type page struct {
	mall     *Mall
	currency string
}

var view = template.Must(template.New("mall").Funcs(template.FuncMap{
	"state": func(s driver.OrderState) string {
		return strings.ToLower(strings.TrimPrefix(s.String(), "ORDER_STATE_"))
	},
	"pieces": func(n int64) string { return strconv.FormatFloat(float64(n)/piece, 'f', -1, 64) },
}).Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Simulated mall</title>
<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:left}form{display:inline}input{font:inherit;width:8rem}button{font:inherit}</style>
<h1>Simulated mall</h1>{{if .Error}}<p role="alert"><b>{{.Error}}</b></p>{{end}}
<form method="post" action="/place"><label>Article <input name="sku" list="articles" required></label> <label>Pieces <input name="pieces" value="1"></label> <label>Price in minor units <input name="price" value="1000"></label> <label>Shipping <input name="shipping" value="0"></label> <label><input type="checkbox" name="force" value="1" style="width:auto"> although sold out</label> <button>Order and pay</button></form>
<datalist id="articles">{{range .Articles}}<option value="{{.Code}}">{{end}}</datalist>
<h2>Orders</h2><table><tr><th>Number<th>State<th>Paid<th>Given back<th></tr>{{range .Orders}}<tr><td>{{.ID}}<td>{{state .State}}<td>{{.Paid}}<td>{{.Refunded}}<td>
{{$id := .ID}}{{range $.Acts}}<form method="post" action="/{{.}}"><input type="hidden" name="order" value="{{$id}}"><button>{{.}}</button></form> {{end}}</tr>{{end}}</table>
<h2>Stock</h2><table><tr><th>Article<th>Can be sold</tr>{{range .Articles}}<tr><td>{{.Code}}<td>{{pieces .Available}}</tr>{{end}}</table></html>`))

type article struct {
	Code      string
	Available int64
}

func (p page) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
			http.Error(w, "not from another site", http.StatusForbidden)
			return
		}
		if err := p.act(r); err != nil {
			w.WriteHeader(http.StatusConflict)
			p.show(w, err.Error())
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	p.show(w, "")
}

func (p page) act(r *http.Request) error {
	order := r.PostFormValue("order")
	switch r.URL.Path {
	case "/place":
		n, err := strconv.ParseFloat(r.PostFormValue("pieces"), 64)
		if err != nil || n <= 0 || n > 1e6 {
			return ErrLess
		}
		number := func(name string) int64 {
			v, err := strconv.ParseInt(r.PostFormValue(name), 10, 64)
			if err != nil {
				return 0
			}
			return max(v, 0)
		}
		_, err = p.mall.Place(Buy{Lines: []driver.OrderLine{{SKU: r.PostFormValue("sku"), Quantity: int64(n * piece), UnitPrice: number("price")}}, Shipping: number("shipping"), Currency: p.currency,
			Buyer: "hand", ShipTo: driver.ShipTo{Name: "Li Lei", Phone: "13800000000", Region: "Shanghai", Address: "1 Example Road"}, Force: r.PostFormValue("force") != ""})
		return err
	case "/cancel":
		return p.mall.Cancel(order)
	case "/ask-refund":
		return p.mall.AskRefund(order)
	case "/refund":
		return p.mall.Refund(order, 0, nil)
	}
	return ErrNone
}

func (p page) show(w http.ResponseWriter, failure string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	var list []article
	for _, code := range p.mall.Articles() {
		list = append(list, article{code, p.mall.Available(code)})
	}
	_ = view.Execute(w, map[string]any{"Error": failure, "Articles": list, "Orders": p.mall.Recent(50), "Acts": []string{"cancel", "ask-refund", "refund"}})
}
