package main

// reach is the names of the records that a message holds, itself included.
type reach map[string]bool

func (s *schema) reach(message string) reach {
	all := reach{}
	var walk func(string)
	walk = func(name string) {
		all[name] = true
		for _, f := range s.byName[name].Fields {
			if f.Of != "" {
				walk(f.Of)
			}
		}
	}
	walk(message)
	return all
}

// in calls f for each record in the order in which each is declared before its
// use. It answers "" so that it can stand where text is written.
func (x reach) in(s *schema, f func(*record)) string {
	for _, list := range [][]record{s.Groups, s.Records, s.Messages} {
		for i := range list {
			if x[list[i].Name] {
				f(&list[i])
			}
		}
	}
	return ""
}

// basic is the wire type of a field that is no table or group: u32, i32, u64, i64
// or str.
func (s *schema) basic(f field) string {
	switch {
	case f.Type == "bool" || s.kinds[f.Type] == "enum":
		return "u32"
	case s.kinds[f.Type] == "scalar":
		return s.basics[f.Type]
	}
	return f.Type
}

// fill is where the one default that is not zero lies, and what it is. Bindings
// read one for each record.
func (r *record) fill() (at int, value int64) {
	for _, f := range r.Fields {
		if f.Default != 0 {
			return f.at, f.Default
		}
	}
	return 0, 0
}
