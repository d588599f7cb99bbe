package escpos

// Status says what questions a model answers.
type Status string

// The kinds.
const (
	StatusFull  Status = "full"  // how it is, and behind a job that it was processed
	StatusState Status = "state" // how it is
	StatusNone  Status = "none"  // nothing, or nothing that can be relied on
)

// Model is a printer model, or a family that is alike.
type Model struct {
	Key    string            // what settings name it by; never changes
	Title  string            // English, or the maker's name for it
	Titles map[string]string // by locale, where the title is no name
	Profile
	Status Status
}

// DefaultModel is the model of settings that name none.
const DefaultModel = "generic-80"

// Models are the known ones. A model is described by what all its versions
// can: one that lacks a Chinese font in some countries gets Chinese as pictures.
var Models = []Model{
	{Key: DefaultModel, Title: "Any with 80 mm paper", Titles: map[string]string{"zh": "通用 80 毫米", "zh-Hant": "通用 80 公釐"},
		Profile: Profile{Columns: 48, Text: GB18030}, Status: StatusFull},
	{Key: "generic-58", Title: "Any with 58 mm paper", Titles: map[string]string{"zh": "通用 58 毫米", "zh-Hant": "通用 58 公釐"},
		Profile: Profile{Columns: 32, Text: GB18030, QRRaster: true, NoCutter: true}, Status: StatusState},
	{Key: "epson-tm-t88", Title: "Epson TM-T88", // 180 dots an inch
		Profile: Profile{Columns: 42, Dots: 512, Text: ASCII}, Status: StatusFull},
	{Key: "epson-tm-t20", Title: "Epson TM-T20, TM-T82",
		Profile: Profile{Columns: 48, Text: ASCII}, Status: StatusFull},
	{Key: "xprinter-80", Title: "Xprinter XP-80", Titles: map[string]string{"zh": "芯烨 XP-80", "zh-Hant": "芯燁 XP-80"},
		Profile: Profile{Columns: 48, Text: GB18030}, Status: StatusFull},
	{Key: "xprinter-58", Title: "Xprinter XP-58", Titles: map[string]string{"zh": "芯烨 XP-58", "zh-Hant": "芯燁 XP-58"},
		Profile: Profile{Columns: 32, Text: GB18030, NoCutter: true}, Status: StatusState},
	{Key: "gprinter-80", Title: "Gprinter GP-80", Titles: map[string]string{"zh": "佳博 GP-80", "zh-Hant": "佳博 GP-80"},
		Profile: Profile{Columns: 48, Text: GB18030}, Status: StatusFull},
	{Key: "gprinter-58", Title: "Gprinter GP-58", Titles: map[string]string{"zh": "佳博 GP-58", "zh-Hant": "佳博 GP-58"},
		Profile: Profile{Columns: 32, Text: GB18030, QRRaster: true, NoCutter: true}, Status: StatusState},
	{Key: "star-escpos", Title: "Star, set to ESC/POS", Titles: map[string]string{"zh": "Star（ESC/POS 模式）", "zh-Hant": "Star（ESC/POS 模式）"},
		Profile: Profile{Columns: 48, Text: ASCII, QRRaster: true}, Status: StatusState},
}

// FindModel answers the model of a key.
func FindModel(key string) (Model, bool) {
	for _, m := range Models {
		if m.Key == key {
			return m, true
		}
	}
	return Model{}, false
}
