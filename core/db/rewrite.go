package db

import (
	"encoding/json"
	"regexp"
	"sync"

	"github.com/shopwright/shopwright/core/id"
)

var (
	inList  = regexp.MustCompile(`in_(ids|texts)\((\$\d+)\)`)
	rowLock = regexp.MustCompile(`(?i)\s+for\s+(no\s+key\s+)?(update|share)(\s+of\s+\w+)?(\s+skip\s+locked)?`)
	texts   [3]sync.Map // by dialect: written text -> that database's text
)

// text gives the statement as the dialect wants it.
func (d Dialect) text(q string) string {
	if t, ok := texts[d].Load(q); ok {
		return t.(string)
	}
	t := q
	if d == Postgres {
		t = inList.ReplaceAllStringFunc(t, func(s string) string {
			m := inList.FindStringSubmatch(s)
			if m[1] == "ids" {
				return "= any(" + m[2] + "::uuid[])"
			}
			return "= any(" + m[2] + "::text[])"
		})
	} else {
		t = rowLock.ReplaceAllString(t, "")
		t = inList.ReplaceAllString(t, "in (select value from json_each(${2}))")
	}
	texts[d].Store(q, t)
	return t
}

// args converts values that the drivers do not know.
func (d Dialect) args(in []any) []any {
	for i, a := range in {
		switch v := a.(type) {
		case id.ID:
			if v.IsNone() {
				in[i] = nil
			} else {
				in[i] = v.String()
			}
		case []id.ID:
			s := make([]string, len(v))
			for k := range v {
				s[k] = v[k].String()
			}
			in[i] = d.list(s)
		case []string:
			in[i] = d.list(v)
		}
	}
	return in
}

func (d Dialect) list(s []string) any {
	if d == Postgres {
		if s == nil {
			return []string{}
		}
		return s
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}
