package scan

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopwright/shopwright/hw/drivers/link"
)

// Settings are those that every scanner on a line has; embed them.
type Settings struct {
	End     string `json:"end"`
	PauseMS int    `json:"pause_ms"`
	Prefix  string `json:"prefix"`
	Suffix  string `json:"suffix"`
	Longest int    `json:"longest"`
	KeepAIM bool   `json:"keep_identifiers"`
}

// Usual are the settings that most scanners work with.
func Usual() Settings { return Settings{End: "any", PauseMS: 100, Longest: 1024} }

var ends = map[string]string{"any": "\r\n\t", "cr": "\r", "lf": "\n", "tab": "\t", "none": ""}

// Rules checks the settings; the error is for the shop.
func (s Settings) Rules() (Rules, error) {
	r := Rules{Pause: time.Duration(s.PauseMS) * time.Millisecond, Longest: s.Longest, KeepAIM: s.KeepAIM}
	var ok bool
	if r.Ends, ok = ends[s.End]; !ok {
		return Rules{}, fmt.Errorf("an end of %q is not known", s.End)
	}
	if s.PauseMS < 20 || s.PauseMS > 2000 {
		return Rules{}, errors.New("the pause must be between 20 and 2000 ms")
	}
	if s.Longest < 4 || s.Longest > 8192 {
		return Rules{}, errors.New("the longest code must have between 4 and 8192 characters")
	}
	var err error
	if r.Prefix, err = link.Bytes(s.Prefix); err != nil {
		return Rules{}, err
	}
	if r.Suffix, err = link.Bytes(s.Suffix); err != nil {
		return Rules{}, err
	}
	return r, nil
}

// Members are the schemas of Settings.
const Members = `    "end": {"type": "string", "enum": ["any", "cr", "lf", "tab", "none"], "default": "any", "title": "A code ends with",
      "x-title": {"en": "A code ends with", "zh-Hans": "条码结束符", "zh-Hant": "條碼結束符"},
      "x-labels": {"any": {"en": "Enter or tab, whichever comes", "zh-Hans": "回车、换行或制表符，任一即可", "zh-Hant": "歸位、換行或定位字元，任一即可"}, "cr": {"en": "Carriage return (CR)", "zh-Hans": "回车（CR）", "zh-Hant": "歸位（CR）"}, "lf": {"en": "Line feed (LF)", "zh-Hans": "换行（LF）", "zh-Hant": "換行（LF）"}, "tab": {"en": "Tab", "zh-Hans": "制表符", "zh-Hant": "定位字元"}, "none": {"en": "Nothing: a pause", "zh-Hans": "无：以停顿结束", "zh-Hant": "無：以停頓結束"}}},
    "prefix": {"type": "string", "maxLength": 40, "default": "", "title": "Prefix to strip", "description": "What the scanner puts before every code; \\x02 and \\t for keys that cannot be typed",
      "x-title": {"en": "Prefix to strip", "zh-Hans": "要去掉的前缀", "zh-Hant": "要去掉的前綴"},
      "x-description": {"en": "What the scanner puts before every code; \\x02 and \\t for keys that cannot be typed", "zh-Hans": "扫描器加在每个条码前的字符；无法键入的写作 \\x02、\\t", "zh-Hant": "掃描器加在每個條碼前的字元；無法鍵入的寫作 \\x02、\\t"}},
    "suffix": {"type": "string", "maxLength": 40, "default": "", "title": "Suffix to strip", "description": "What the scanner puts behind every code, before its end",
      "x-title": {"en": "Suffix to strip", "zh-Hans": "要去掉的后缀", "zh-Hant": "要去掉的後綴"},
      "x-description": {"en": "What the scanner puts behind every code, before its end", "zh-Hans": "扫描器加在每个条码后、结束符前的字符", "zh-Hant": "掃描器加在每個條碼後、結束符前的字元"}},
    "keep_identifiers": {"type": "boolean", "default": false, "title": "Keep the symbology identifiers (]C1, ]E0)", "description": "Otherwise they are taken off and tell the kind of the code",
      "x-title": {"en": "Keep the symbology identifiers (]C1, ]E0)", "zh-Hans": "保留码制标识（]C1、]E0）", "zh-Hant": "保留碼制標識（]C1、]E0）"},
      "x-description": {"en": "Otherwise they are taken off and tell the kind of the code", "zh-Hans": "否则将其去掉，并据此判断码制", "zh-Hant": "否則將其去掉，並據此判斷碼制"}},
    "pause_ms": {"type": "integer", "minimum": 20, "maximum": 2000, "default": 100, "title": "Pause that ends a code, in milliseconds",
      "x-title": {"en": "Pause that ends a code, in milliseconds", "zh-Hans": "视为条码结束的停顿（毫秒）", "zh-Hant": "視為條碼結束的停頓（毫秒）"}},
    "longest": {"type": "integer", "minimum": 4, "maximum": 8192, "default": 1024, "title": "Longest code, in characters",
      "x-title": {"en": "Longest code, in characters", "zh-Hans": "条码最长字符数", "zh-Hant": "條碼最長字元數"}}`
