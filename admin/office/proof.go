package office

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
)

func (f *office) mountProof() {
	f.on("GET /office/proof", auth.PermProve, f.proofPage)
	f.on("POST /office/proof", auth.PermProve, f.prove)
	f.on("GET /office/proof/{id}", auth.PermProve, f.proofRun)
	f.mountStatements()
	f.mountLiabilities()
}

const proofsAtOnce = 20

// proofList is the record of proofs, and one of them in full: nil where there is
// none yet.
type proofList struct {
	run   *ledger.Proof
	items []ledger.Proof
	first string
	next  string
}

func (f *office) readProofs(r *http.Request, p *page) (*proofList, error) {
	at, err := pageOf(r, proofsAtOnce)
	if err != nil {
		return nil, err
	}
	rows, err := ledger.ListProofs(r.Context(), f.db, p.Merchant.ID, at)
	if err != nil {
		return nil, err
	}
	l := &proofList{}
	var next string
	l.items, next = db.Cut(at, rows, func(v ledger.Proof) id.ID { return v.ID })
	l.first, l.next = pager(r, next)
	return l, nil
}

func (f *office) proofPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readProofs(r, p)
	if err != nil {
		return err
	}
	if len(l.items) > 0 && l.first == "" {
		l.run = &l.items[0]
	}
	return f.show(w, r, proofView(p, l))
}

func (f *office) proofRun(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	run, err := ledger.GetProof(r.Context(), f.db, p.Merchant.ID, u)
	if err != nil {
		return err
	}
	return f.show(w, r, proofView(p, &proofList{run: &run}))
}

// prove recomputes the books and records the run: all of them, or what is new.
func (f *office) prove(w http.ResponseWriter, r *http.Request, p *page) error {
	kind := ledger.ProofFull
	if r.FormValue("kind") == ledger.ProofIncremental {
		kind = ledger.ProofIncremental
	}
	proof, err := report.ProveAndRecord(r.Context(), f.db, p.Merchant, kind)
	if err != nil {
		return err
	}
	tone := ui.Ok
	if !proof.Clean() {
		tone = ui.Bad
	}
	return shell.Redirect(w, r, "/office/proof/"+proof.ID.String(), tone, p.T("office.proof.made"))
}

func proofKind(p *page, kind string) string { return p.T("office.proof.kind." + kind) }

func proofBadge(p *page, v *ledger.Proof) templ.Component {
	if v.Differences == 0 {
		return ui.Badge(ui.Ok, p.T("office.proof.no_difference"))
	}
	return ui.Badge(ui.Bad, p.T("office.proof.n_differences", "n", v.Differences))
}

func proofStats(p *page, v *ledger.Proof) []ui.StatProps {
	out := make([]ui.StatProps, len(v.Parts))
	for i, part := range v.Parts {
		out[i] = ui.StatProps{Label: p.T("office.proof.room." + part.Name), Value: count(p, part.Checked), Note: p.T("office.proof.figures")}
	}
	return out
}

// checkName says what a check looks at; one that the catalogue lacks shows its code.
func checkName(p *page, check string) templ.Component {
	if key := "office.proof.check." + check; p.Words.Has(key) {
		return named(p.T(key), check)
	}
	return code(check)
}

func differenceTable(p *page, v *ledger.Proof) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.proof.differences"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.proof.check")}, {Title: p.T("office.proof.subject")}, {Title: p.T("office.proof.want"), Numeric: true}, {Title: p.T("office.proof.got"), Numeric: true, Key: true}}}
	for _, d := range v.Found {
		t.Rows = append(t.Rows, ui.Row(checkName(p, d.Check), code(d.Subject), p.Int(d.Want), p.Int(d.Got)))
	}
	if rest := v.Differences - len(v.Found); rest > 0 {
		t.Note = p.T("office.proof.more", "n", rest)
	}
	return t
}

func (l *proofList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.proof.runs"), HideCaption: true, Dense: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.proof.seals")}, {Title: p.T("office.proof.checked"), Numeric: true}, {Title: p.T("office.proof.took"), Numeric: true}, {Title: p.T("office.col.state"), Key: true}}}
	for i := range l.items {
		v := &l.items[i]
		t.Rows = append(t.Rows, ui.Row(ui.Link(stampText(p, v.At), "/office/proof/"+v.ID.String()), proofKind(p, v.Kind), seals(v), count(p, v.Checked), took(p, v.Millis), proofBadge(p, v)))
	}
	return t
}

// seals is the range of seals that a run proved: "13–20", "–" where there was none.
func seals(v *ledger.Proof) string {
	switch {
	case v.ToSeal == v.FromSeal:
		return "–"
	case v.ToSeal == v.FromSeal+1:
		return itoa(v.ToSeal)
	}
	return itoa(v.FromSeal+1) + "–" + itoa(v.ToSeal)
}

func took(p *page, millis int64) string {
	if d := time.Duration(millis) * time.Millisecond; d >= 10*time.Second {
		return p.T("office.proof.seconds", "n", p.Int(int64(d.Round(time.Second)/time.Second)))
	}
	return p.T("office.proof.millis", "n", p.Int(millis))
}

// proofCrumbs lead back from one run to the list.
func proofCrumbs(p *page, l *proofList) []ui.Crumb {
	if l.run == nil || len(l.items) > 0 {
		return nil
	}
	return []ui.Crumb{crumb(p.T("office.proof.title"), "/office/proof"), crumb(stampText(p, l.run.At), "")}
}
