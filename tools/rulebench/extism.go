package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"

	"github.com/shopwright/shopwright/examples/rules/basket"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/sdk/rule"
)

//go:embed plugin/extism.wasm
var plugin []byte

// extisms run the C guest as an Extism plug-in: one instance, used again, with the
// same messages. With a timeout Extism bounds a call; without one nothing does.
func extisms(ctx context.Context) ([]*engine, error) {
	var es []*engine
	for _, bounded := range []bool{true, false} {
		m := extism.Manifest{Wasm: []extism.Wasm{extism.WasmData{Data: plugin}}}
		name := "Extism 1.7.1, C guest, unbounded"
		if bounded {
			m.Timeout = 5000
			name = "Extism 1.7.1, C guest, with a timeout"
		}
		p, err := extism.NewPlugin(ctx, m, extism.PluginConfig{RuntimeConfig: wazero.NewRuntimeConfig().WithCloseOnContextDone(bounded)}, nil)
		if err != nil {
			return nil, err
		}
		if code, _, err := p.Call("configure", basket.Config); err != nil || code != 0 {
			return nil, errors.Join(err, fmt.Errorf("configure answers %d", code))
		}
		in := view()
		var reply []byte
		var out rule.Output
		es = append(es, &engine{name: name, run: func() error {
			code, b, err := p.Call("evaluate", rules.Encode(&in))
			if err != nil || code != 0 {
				return errors.Join(err, fmt.Errorf("evaluate answers %d", code))
			}
			reply = b
			_, err = rules.Decode(b)
			return err
		}, answer: func() ([]rule.Candidate, error) {
			return out.Candidates, rule.DecodeOutput(reply, string(reply), &out)
		}})
	}
	return es, nil
}
