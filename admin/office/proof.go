package office

import (
	"net/http"
	"time"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/report"
)

func (f *office) mountProof() {
	f.on("GET /office/proof", auth.PermProve, f.proofPage)
	f.on("POST /office/proof", auth.PermProve, f.prove)
}

// proven is a proof and how long it took.
type proven struct {
	report.Proof
	took time.Duration
}

func (f *office) proofPage(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.show(w, r, proofView(p, nil))
}

// prove recomputes the books. It writes nothing, so that its page may be loaded
// again without harm.
func (f *office) prove(w http.ResponseWriter, r *http.Request, p *page) error {
	began := time.Now()
	proof, err := report.Prove(r.Context(), f.db, p.Merchant)
	if err != nil {
		return err
	}
	return f.show(w, r, proofView(p, &proven{proof, time.Since(began)}))
}

func (v *proven) stats(p *page) []ui.StatProps {
	out := make([]ui.StatProps, len(v.Parts))
	for i, part := range v.Parts {
		out[i] = ui.StatProps{Label: p.T("office.proof.room." + part.Name), Value: count(p, part.Checked), Note: p.T("office.proof.figures")}
	}
	return out
}

func (v *proven) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.proof.differences"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.proof.check")}, {Title: p.T("office.proof.subject")}, {Title: p.T("office.proof.want"), Numeric: true}, {Title: p.T("office.proof.got"), Numeric: true, Key: true}}}
	for _, d := range v.Differences {
		t.Rows = append(t.Rows, ui.Row(code(d.Check), code(d.Subject), p.Int(d.Want), p.Int(d.Got)))
	}
	return t
}
