package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/negotiation"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
)

// ReceiptDocument is a receipt as blocks, from top to bottom.
type ReceiptDocument struct {
	SaleID id.ID          `json:"sale_id" format:"uuid"`
	Title  string         `json:"title"`
	Lang   string         `json:"lang"`
	Blocks []ReceiptBlock `json:"blocks"`
}

// ReceiptBlock is one part; type says which of the fields it has.
type ReceiptBlock struct {
	Type    string          `json:"type" enum:"text,table,rule,feed,qr,barcode,image,cut"`
	Text    string          `json:"text,omitempty" doc:"Text; the caption of a QR code; what stands for an image."`
	Bold    bool            `json:"bold,omitempty"`
	Size    string          `json:"size,omitempty" enum:"normal,tall,wide,large"`
	Align   string          `json:"align,omitempty" enum:"left,center,right"`
	Columns []ReceiptColumn `json:"columns,omitempty"`
	Rows    [][]string      `json:"rows,omitempty"`
	Header  bool            `json:"header,omitempty" doc:"The first row names the columns."`
	Double  bool            `json:"double,omitempty"`
	Lines   int             `json:"lines,omitempty"`
	Content string          `json:"content,omitempty" doc:"Of a code."`
	Kind    string          `json:"symbology,omitempty"`
	Width   int             `json:"width,omitempty" doc:"Images: dots."`
	Height  int             `json:"height,omitempty"`
	Bits    string          `json:"bits,omitempty" doc:"Images: base64, one bit a dot, rows padded to bytes, 1 is black."`
}

// ReceiptColumn is a column of a table.
type ReceiptColumn struct {
	Width int    `json:"width" doc:"In cells; 0: as wide as its widest text."`
	Flex  bool   `json:"flex" doc:"Takes what the others leave."`
	Align string `json:"align" enum:"left,center,right"`
}

var (
	alignNames = [...]string{receipt.Left: "left", receipt.Center: "center", receipt.Right: "right"}
	sizeNames  = [...]string{receipt.Normal: "normal", receipt.Tall: "tall", receipt.Wide: "wide", receipt.Large: "large"}
)

const receiptColumns = 42 // of the text form: an 80 mm paper with a margin

type receiptIn struct {
	IDIn
	Accept string `header:"Accept" hidden:"true"`
}

// receiptOut is written in one of four types.
type receiptOut struct {
	ContentType string `header:"Content-Type"`
	Vary        string `header:"Vary" hidden:"true"`
	Body        []byte
}

func (a *api) receipts() {
	r := route{id: "get-receipt", method: http.MethodGet, path: "/sales/{id}/receipt", tag: "sales", summary: "Get a receipt", any: []auth.Permission{auth.PermSell, auth.PermReports},
		doc: "By the Accept header: application/json (blocks), text/plain, text/html or image/png."}
	add(a, r, a.receipt)
	op := a.huma.OpenAPI().Paths[Prefix+r.path].Get
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[ReceiptDocument](), true, "ReceiptDocument")
	op.Responses["200"].Content = map[string]*huma.MediaType{
		"application/json": {Schema: schema},
		"text/plain":       {Schema: &huma.Schema{Type: huma.TypeString}},
		"text/html":        {Schema: &huma.Schema{Type: huma.TypeString}},
		"image/png":        {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}
}

var receiptTypes = []string{"application/json", "text/plain", "text/html", "image/png"}

func (a *api) receipt(ctx context.Context, c caller, in *receiptIn) (*receiptOut, error) {
	doc, err := a.Receipts.Document(ctx, c.Merchant, in.ID, localeOf(ctx).Tag())
	if err != nil {
		return nil, err
	}
	out := &receiptOut{Vary: "Accept"}
	var b bytes.Buffer
	switch negotiation.SelectQValueFast(in.Accept, receiptTypes) {
	case "text/plain":
		out.ContentType = "text/plain; charset=utf-8"
		b.WriteString(receipt.PlainText(doc, receiptColumns))
	case "text/html":
		out.ContentType = "text/html; charset=utf-8"
		page, err := receiptPage(doc)
		if err != nil {
			return nil, err
		}
		b.WriteString(page)
	case "image/png":
		out.ContentType = "image/png"
		if err := receipt.PNG(&b, doc, receipt.Dots80mm); err != nil {
			return nil, err
		}
	default:
		out.ContentType = "application/json"
		if err := huma.DefaultJSONFormat.Marshal(&b, receiptDocument(in.ID, doc)); err != nil {
			return nil, err
		}
	}
	out.Body = b.Bytes()
	return out, nil
}

func receiptDocument(sale id.ID, d receipt.Document) ReceiptDocument {
	out := ReceiptDocument{SaleID: sale, Title: d.Title, Lang: d.Lang, Blocks: []ReceiptBlock{}}
	for _, b := range d.Body() {
		out.Blocks = append(out.Blocks, block(b))
	}
	return out
}

func block(b receipt.Block) ReceiptBlock {
	switch v := b.(type) {
	case receipt.Text:
		return ReceiptBlock{Type: "text", Text: v.Text, Bold: v.Bold, Size: sizeNames[v.Size], Align: alignNames[v.Align]}
	case receipt.Columns:
		t := ReceiptBlock{Type: "table", Rows: v.Rows, Bold: v.Bold, Header: v.Header}
		for _, c := range v.Cols {
			t.Columns = append(t.Columns, ReceiptColumn{Width: c.Width, Flex: c.Flex, Align: alignNames[c.Align]})
		}
		return t
	case receipt.Rule:
		return ReceiptBlock{Type: "rule", Double: v.Double}
	case receipt.Feed:
		return ReceiptBlock{Type: "feed", Lines: v.Lines}
	case receipt.QR:
		return ReceiptBlock{Type: "qr", Content: v.Content, Text: v.Caption}
	case receipt.Barcode:
		return ReceiptBlock{Type: "barcode", Content: v.Content, Kind: string(v.Symbology)}
	case receipt.Image:
		i := ReceiptBlock{Type: "image", Text: v.Alt}
		if v.Bitmap != nil {
			i.Width, i.Height, i.Bits = v.Bitmap.Width, v.Bitmap.Height, base64.StdEncoding.EncodeToString(v.Bitmap.Bits)
		}
		return i
	}
	return ReceiptBlock{Type: "cut"}
}
