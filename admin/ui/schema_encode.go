package ui

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// formOf writes a stored value as the values of its form: the reverse of
// FormValues. What does not fit the schema is left out.
func formOf(s *Schema, value json.RawMessage) url.Values {
	out := url.Values{}
	encode(s, value, "", out)
	return out
}

func encode(s *Schema, raw json.RawMessage, at string, out url.Values) {
	switch s.Type {
	case "object":
		var m map[string]json.RawMessage
		if json.Unmarshal(raw, &m) != nil || m == nil {
			return
		}
		if at != "" {
			out.Set(markKeep+at, "1")
		}
		for _, p := range s.Properties {
			v, ok := m[p.Name]
			if !ok && p.Schema.Type == "boolean" {
				v = p.Schema.Default // shown as what it means, stored as what is shown
			}
			if v != nil {
				encode(p.Schema, v, at+"/"+escape(p.Name), out)
			}
		}
	case "array":
		var rows []json.RawMessage
		if json.Unmarshal(raw, &rows) != nil || rows == nil {
			return
		}
		out.Set(markKeep+at, "1")
		for i, row := range rows {
			if s.isSet() {
				out.Add(at, scalarText(compact(row)))
				continue
			}
			if s.Items.Type == "boolean" {
				out.Set(markKeep+at+"/"+strconv.Itoa(i), "1")
			}
			encode(s.Items, row, at+"/"+strconv.Itoa(i), out)
		}
	case "boolean":
		if len(s.Enum) == 0 {
			if string(raw) == "true" {
				out.Set(at, "true")
			}
			return
		}
		fallthrough
	default:
		out.Set(at, s.text(compact(raw)))
	}
}

// Defaults is the value that the schema's defaults make: what a new
// configuration starts from.
func (s *Schema) Defaults() json.RawMessage {
	if s.Default != nil {
		return s.Default
	}
	if s.Type != "object" {
		return nil
	}
	var parts []string
	for _, p := range s.Properties {
		d := p.Schema.Defaults()
		if d == nil || p.Schema.Type == "object" && !p.Required && string(d) == "{}" {
			continue
		}
		parts = append(parts, string(mustJSON(p.Name))+":"+string(d))
	}
	return json.RawMessage("{" + strings.Join(parts, ",") + "}")
}
