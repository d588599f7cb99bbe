package link

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Decode reads settings into a struct that holds their defaults. What it does not
// know it refuses.
func Decode(raw json.RawMessage, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("the settings cannot be read: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the settings cannot be read: there is more than one")
	}
	return nil
}

// Bytes reads what a person typed for bytes that have no key: \r, \n, \t, \e (escape),
// \\ and \x with two hexadecimal digits.
func Bytes(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			return "", fmt.Errorf("%q ends in the middle of a character", s)
		}
		switch s[i] {
		case 'r':
			b.WriteByte('\r')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'e':
			b.WriteByte(0x1b)
		case '\\':
			b.WriteByte('\\')
		case 'x':
			if i+2 >= len(s) {
				return "", fmt.Errorf("%q ends in the middle of a character", s)
			}
			v, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return "", fmt.Errorf(`\x%s in %q is no character`, s[i+1:i+3], s)
			}
			b.WriteByte(byte(v))
			i += 2
		default:
			return "", fmt.Errorf(`\%c in %q is not known`, s[i], s)
		}
	}
	return b.String(), nil
}

// Schema is the JSON Schema of settings: their members, each as its key and its
// schema, in the form's order.
func Schema(required string, members ...string) json.RawMessage {
	keys, _ := json.Marshal(strings.Fields(required)) // strings always can
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ` + string(keys) + `,
  "properties": {
` + strings.Join(members, ",\n") + `
  }
}`)
}

// AddressMember is the setting that says where a device on a line is.
const AddressMember = `    "address": {"type": "string", "minLength": 5, "maxLength": 200, "title": "Address", "description": "serial:COM3, serial:/dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1, or tcp:192.168.1.20:4001",
      "x-title": {"en": "Address", "zh-Hans": "地址", "zh-Hant": "位址"},
      "x-description": {"en": "serial:COM3, serial:/dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1, or tcp:192.168.1.20:4001", "zh-Hans": "serial:COM3、serial:/dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1，或 tcp:192.168.1.20:4001", "zh-Hant": "serial:COM3、serial:/dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1，或 tcp:192.168.1.20:4001"}}`
