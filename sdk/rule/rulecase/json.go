package rulecase

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"
)

// encode turns a record into what a case file holds; zero fields are left out.
func encode(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Struct:
		o := object{}
		o.add(v)
		return o
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = encode(v.Index(i))
		}
		return list
	}
	if byName, ok := names[v.Type().Name()]; ok {
		for n, x := range byName {
			if uint64(x) == v.Uint() {
				return n
			}
		}
	}
	return v.Interface()
}

// object keeps the order of the record's fields.
type object []member

type member struct {
	key   string
	value any
}

func (o *object) add(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			var inner object
			inner.add(v.Field(i))
			for _, m := range inner {
				*o = append(*o, member{promoted(v.Type(), f.Name, m.key), m.value})
			}
			continue
		}
		if x := v.Field(i); !x.IsZero() && (x.Kind() != reflect.Slice || x.Len() > 0) {
			*o = append(*o, member{snake(f.Name), encode(x)})
		}
	}
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var w bytes.Buffer
	w.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			w.WriteByte(',')
		}
		k, _ := json.Marshal(m.key)
		v, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		w.Write(k)
		w.WriteByte(':')
		w.Write(v)
	}
	w.WriteByte('}')
	return w.Bytes(), nil
}

// decode fills a record from what a case file holds.
func decode(from any, to reflect.Value, path string) error {
	switch to.Kind() {
	case reflect.Struct:
		m, ok := from.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: not an object", path)
		}
		fields := map[string]reflect.Value{}
		collect(to, fields)
		for _, k := range sortedKeys(m) {
			f, ok := fields[k]
			if !ok {
				return fmt.Errorf("%s: no field %q in the ABI", path, k)
			}
			if err := decode(m[k], f, path+"."+k); err != nil {
				return err
			}
		}
		return nil
	case reflect.Slice:
		l, ok := from.([]any)
		if !ok {
			return fmt.Errorf("%s: not a list", path)
		}
		to.Set(reflect.MakeSlice(to.Type(), len(l), len(l)))
		for i := range l {
			if err := decode(l[i], to.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	}
	if byName, ok := names[to.Type().Name()]; ok {
		s, _ := from.(string)
		x, known := byName[s]
		if !known {
			return fmt.Errorf("%s: %v is not one of the values", path, from)
		}
		to.SetUint(uint64(x))
		return nil
	}
	b, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(b, to.Addr().Interface())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func collect(v reflect.Value, into map[string]reflect.Value) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Anonymous {
			inner := map[string]reflect.Value{}
			collect(v.Field(i), inner)
			for k, x := range inner {
				into[promoted(v.Type(), f.Name, k)] = x
			}
		} else {
			into[snake(f.Name)] = v.Field(i)
		}
	}
}

// promoted is the key of a field of a group inside of a record: its own, or with
// the group's name before it where the record has one of that name (Grant.Code is
// "code", the code of its note "note_code").
func promoted(record reflect.Type, group, key string) string {
	for i := range record.NumField() {
		if f := record.Field(i); !f.Anonymous && snake(f.Name) == key {
			return snake(group) + "_" + key
		}
	}
	return key
}

func sortedKeys(m map[string]any) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	return ks
}

// snake turns MinSpend into min_spend and SKU into sku.
func snake(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		up := name[i] >= 'A' && name[i] <= 'Z'
		if up && i > 0 && (name[i-1] >= 'a' || i+1 < len(name) && name[i+1] >= 'a') {
			b.WriteByte('_')
		}
		b.WriteByte(name[i])
	}
	return strings.ToLower(b.String())
}
