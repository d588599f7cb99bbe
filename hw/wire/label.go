package wire

import (
	"github.com/shopwright/shopwright/core/label"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Label makes the message of a label.
func Label(l label.Label) *driver.Label {
	out := &driver.Label{Width: int32(l.Width), Height: int32(l.Height)}
	for _, it := range l.Items {
		m := &hwv1.LabelItem{X: int32(it.X), Y: int32(it.Y)}
		if it.Symbology == "" {
			m.Kind = &hwv1.LabelItem_Text{Text: &hwv1.LabelText{Text: it.Text, Height: int32(it.Height), Bold: it.Bold}}
		} else {
			m.Kind = &hwv1.LabelItem_Code{Code: &hwv1.LabelCode{Symbology: it.Symbology, Content: it.Content, Height: int32(it.Height)}}
		}
		out.Items = append(out.Items, m)
	}
	return out
}
