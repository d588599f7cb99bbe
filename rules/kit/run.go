package kit

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/sdk/rule/rulecase"
)

// RunOptions vary a run.
type RunOptions struct {
	Case   string           // by name; "": the first
	Hooks  []promotion.Hook // none: the case's own
	All    bool             // every hook of the pack, in the order of a quote
	Config []byte           // settings in place of the case's, over the pack's defaults
	Runner RunnerOptions
}

// RunResult is one basket with what the pack made of it.
type RunResult struct {
	Case string
	In   promotion.Input
	*Outcome
}

// Run tries a bundle on a basket: a file of cases as golden ones are, where what
// they want does not matter, or one case by itself. The settings are completed
// with the pack's defaults, as for a merchant. Faults: those of pack.Open and
// NewRunner, pack.config_invalid, kit.bad_cases, kit.case_unknown,
// kit.hook_not_served, and where the rule fails its fault.
func (r *Runner) Run(ctx context.Context, name string, input []byte, o RunOptions) (*RunResult, error) {
	c, err := pick(name, input, o.Case)
	if err != nil {
		return nil, err
	}
	config := o.Config
	if len(config) == 0 {
		config = c.Config
	}
	if config, err = r.Bundle.CheckConfig(config); err != nil {
		return nil, err
	}
	in, err := rules.DecodeInput(c.Message())
	if err != nil {
		return nil, ErrCases.With("file", name).Wrap(err)
	}
	hooks := o.Hooks
	switch {
	case o.All:
		hooks = r.hooks()
	case len(hooks) == 0:
		hooks = []promotion.Hook{in.Hook}
	}
	for _, h := range hooks {
		if !r.Bundle.Serves(h) {
			return nil, ErrHook.With("hook", hookName(h)).With("pack", r.Bundle.ID)
		}
	}
	pk := promotion.Pack{Ref: r.Bundle.Ref(config, 0), Hooks: r.hooks()}
	res := &RunResult{Case: c.Name, In: in, Outcome: Settle(ctx, r, []promotion.Pack{pk}, in, hooks...)}
	for i := range res.Runs {
		if err := res.Runs[i].Err; err != nil {
			return res, err
		}
	}
	return res, ctx.Err()
}

// hooks are those of a quote that the bundle serves, or where it serves none of
// them what it serves.
func (r *Runner) hooks() (hs []promotion.Hook) {
	for _, name := range r.Bundle.Hooks {
		hs = append(hs, promotion.HookOf(name))
	}
	slices.Sort(hs)
	return hs
}

// pick finds a case in a file.
func pick(name string, input []byte, want string) (*rulecase.Case, error) {
	if t := bytes.TrimSpace(input); bytes.HasPrefix(t, []byte("{")) {
		input = slices.Concat([]byte("["), t, []byte("]"))
	}
	cs, err := rulecase.Parse(name, input)
	if err == nil && len(cs) == 0 {
		err = fmt.Errorf("no case in it")
	}
	if err != nil {
		return nil, ErrCases.With("file", name).Wrap(err)
	}
	var known []string
	for i := range cs {
		if want == "" || cs[i].Name == want {
			return &cs[i], nil
		}
		known = append(known, cs[i].Name)
	}
	return nil, ErrNoCase.With("name", want).With("known", strings.Join(known, ", "))
}
