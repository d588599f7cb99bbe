;; A rule that never ends.
(module
  (memory (export "memory") 1)
  (func (export "sw_abi_1"))
  (func (export "sw_alloc") (param i32) (result i32) (i32.const 0))
  (func (export "sw_configure") (param i32 i32) (result i32) (i32.const 0))
  (func (export "sw_evaluate") (param i32 i32) (result i64)
    (local $n i64)
    (loop $again
      (local.set $n (i64.add (local.get $n) (i64.const 1)))
      (br $again))
    (local.get $n)))
