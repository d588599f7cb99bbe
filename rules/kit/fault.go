package kit

import "github.com/shopwright/shopwright/core/fault"

var (
	ErrTool     = fault.New(fault.Unavailable, "kit.tool_missing")    // {tool} {hint}: what to install
	ErrBuild    = fault.New(fault.Invalid, "kit.build_failed")        // {tool}; the cause is what it printed
	ErrSource   = fault.New(fault.NotFound, "kit.not_a_pack")         // {dir}: no pack.json, or neither a source nor a rule.wasm beside it
	ErrManifest = fault.New(fault.Invalid, "kit.manifest_not_source") // {detail}: pack.json states what the build fills in, or is no JSON
	ErrFile     = fault.New(fault.NotFound, "kit.file_missing")       // {file}
	ErrSchema   = fault.New(fault.Invalid, "kit.setting_incomplete")  // {setting}: no title or no default
	ErrLanguage = fault.New(fault.Invalid, "kit.language_unknown")    // {lang} {known}
	ErrName     = fault.New(fault.Invalid, "kit.bad_name")            // {name}
	ErrFolder   = fault.New(fault.Conflict, "kit.folder_not_empty")   // {dir}
	ErrReplace  = fault.New(fault.Invalid, "kit.not_a_checkout")      // {dir}: no checkout of this program's source
	ErrCases    = fault.New(fault.Invalid, "kit.bad_cases")           // {file}; the cause says where
	ErrNoCases  = fault.New(fault.Invalid, "kit.no_cases")            // {pack}
	ErrNoCase   = fault.New(fault.NotFound, "kit.case_unknown")       // {name} {known}
	ErrHook     = fault.New(fault.Invalid, "kit.hook_not_served")     // {hook} {pack}
	ErrForeign  = fault.New(fault.Invalid, "kit.other_pack")          // {id} {have}: recorded calls of other packs alone
)
