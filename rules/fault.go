package rules

import "github.com/shopwright/shopwright/core/fault"

// Faults of a module at installation. All are final: the same module is refused again.
var (
	ErrModuleTooLarge   = fault.New(fault.Exceeded, "rules.module_too_large")
	ErrMalformed        = fault.New(fault.Invalid, "rules.module_malformed")
	ErrSection          = fault.New(fault.Denied, "rules.section_not_allowed")
	ErrImport           = fault.New(fault.Denied, "rules.import_not_allowed")
	ErrInstruction      = fault.New(fault.Denied, "rules.instruction_not_allowed")
	ErrType             = fault.New(fault.Denied, "rules.type_not_allowed")
	ErrExport           = fault.New(fault.Invalid, "rules.export_missing")
	ErrReservedExport   = fault.New(fault.Denied, "rules.export_reserved")
	ErrTableTooLarge    = fault.New(fault.Exceeded, "rules.table_too_large")
	ErrMemoryTooLarge   = fault.New(fault.Exceeded, "rules.memory_too_large")
	ErrTooManyFunctions = fault.New(fault.Exceeded, "rules.too_many_functions")
	ErrFunctionTooLarge = fault.New(fault.Exceeded, "rules.function_too_large")
	ErrFunctionCostly   = fault.New(fault.Exceeded, "rules.function_too_costly") // {work} {limit}: to compile
	ErrNesting          = fault.New(fault.Exceeded, "rules.nesting_too_deep")    // {nesting} {limit}
	ErrTooManyGlobals   = fault.New(fault.Exceeded, "rules.too_many_globals")
	ErrTooManyTypes     = fault.New(fault.Exceeded, "rules.too_many_types")          // {types} {limit}
	ErrTooManyParams    = fault.New(fault.Exceeded, "rules.too_many_params")         // {params} {limit}
	ErrTooManyLocals    = fault.New(fault.Exceeded, "rules.too_many_locals")         // {locals} {limit}
	ErrTooManyImports   = fault.New(fault.Exceeded, "rules.too_many_imports")        // {imports} {limit}
	ErrTooManyExports   = fault.New(fault.Exceeded, "rules.too_many_exports")        // {exports} {limit}
	ErrTooManySegments  = fault.New(fault.Exceeded, "rules.too_many_segments")       // {segments} {limit}
	ErrExportName       = fault.New(fault.Denied, "rules.export_name_not_allowed")   // {export}
	ErrFloats           = fault.New(fault.Denied, "rules.floats_not_allowed")        // {floats}: the manifest does not ask for them
	ErrCompile          = fault.New(fault.Invalid, "rules.compile_failed")           // {what}
	ErrCompileLimit     = fault.New(fault.Exceeded, "rules.compile_limit")           // {what}: cpu, memory or time
	ErrNoCompiler       = fault.New(fault.Unavailable, "rules.compiler_unavailable") // the process that compiles could not be started
	ErrStart            = fault.New(fault.Invalid, "rules.start_failed")
	ErrConfig           = fault.New(fault.Invalid, "rules.config_refused")
	ErrModuleUnknown    = fault.New(fault.NotFound, "rules.module_unknown")
	ErrHash             = fault.New(fault.Invalid, "rules.hash_mismatch")
)

// Faults of a call. The sale goes on with the hook's fallback.
var (
	ErrInput       = fault.New(fault.Invalid, "rules.input_too_large")
	ErrOutOfFuel   = fault.New(fault.Exceeded, "rules.out_of_fuel")
	ErrTooDeep     = fault.New(fault.Exceeded, "rules.too_deep")
	ErrOutOfMemory = fault.New(fault.Exceeded, "rules.out_of_memory")
	ErrTrapped     = fault.New(fault.Invalid, "rules.trapped")
	ErrNoAnswer    = fault.New(fault.Invalid, "rules.no_answer")
	ErrOutputSize  = fault.New(fault.Exceeded, "rules.output_too_large")
	ErrBadOutput   = fault.New(fault.Invalid, "rules.bad_output")
	ErrPower       = fault.New(fault.Denied, "rules.power_exceeded")
	ErrTooSlow     = fault.New(fault.Unavailable, "rules.too_slow")
	ErrClosed      = fault.New(fault.Unavailable, "rules.closed")
)
