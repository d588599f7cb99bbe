;; Birthday points: a member who buys something on the birthday gets points.
;; Written from docs/rules/reference.md, without a library. The section numbers
;; below are those of that page.
(module
  (memory (export "memory") 2)

  ;; Where things lie:
  ;;     0  the answer: header (120 bytes), one Earn (56 bytes), its note's code;
  ;;        magic, size and code stand there from the start
  ;;  1024  texts of this module
  ;;  4096  the configuration, then the Input; it may reach to the end and beyond
  (data (i32.const 0) "SWO1\78\00\00\00")
  (data (i32.const 176) "birthday_points")
  (data (i32.const 1040) "\"points\":")
  (data (i32.const 1056) "no points in the configuration")
  (data (i32.const 1088) "hook not served")
  (data (i32.const 1104) "malformed message")

  (global $inbox i32 (i32.const 4096))
  (global $points (mut i64) (i64.const 0)) ;; of the configuration
  (global $why (mut i64) (i64.const 0))    ;; what sw_error answers

  (func (export "sw_abi_1"))

  ;; sw_alloc: always the same place (2); memory grows for a large Input.
  (func (export "sw_alloc") (param $len i32) (result i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (i32.add (global.get $inbox) (local.get $len)) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then (unreachable)))))
    (global.get $inbox))

  (func (export "sw_error") (result i64) (global.get $why))

  (func $refuse (param $at i32) (param $len i32)
    (global.set $why
      (i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32)) (i64.extend_i32_u (local.get $len)))))

  ;; sw_configure: {"points":50} in canonical form (7), so the key is looked for as
  ;; it stands; the schema allows whole numbers only.
  (func (export "sw_configure") (param $at i32) (param $len i32) (result i32)
    (local $end i32) (local $i i32) (local $c i32)
    (local.set $end (i32.add (local.get $at) (local.get $len)))
    (block $absent
      (loop $search
        (br_if $absent (i32.gt_u (i32.add (local.get $at) (i32.const 9)) (local.get $end)))
        (local.set $i (i32.const 0))
        (block $differs
          (loop $compare
            (br_if $differs
              (i32.ne
                (i32.load8_u (i32.add (local.get $at) (local.get $i)))
                (i32.load8_u (i32.add (i32.const 1040) (local.get $i)))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $compare (i32.lt_u (local.get $i) (i32.const 9))))
          (local.set $at (i32.add (local.get $at) (i32.const 9)))
          (loop $digit
            (if (i32.lt_u (local.get $at) (local.get $end))
              (then
                (local.set $c (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
                (if (i32.lt_u (local.get $c) (i32.const 10))
                  (then
                    (global.set $points
                      (i64.add (i64.mul (global.get $points) (i64.const 10)) (i64.extend_i32_u (local.get $c))))
                    (local.set $at (i32.add (local.get $at) (i32.const 1)))
                    (br $digit))))))
          (return (i32.const 0)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $search)))
    (call $refuse (i32.const 1056) (i32.const 30))
    (i32.const 1))

  ;; sw_evaluate reads three fields: Hook (8) and Member (64) of the header, and of
  ;; the Member BirthdayToday (8). A header or a Member that ends before them is of
  ;; an older host: the field has its default (4), which is no birthday.
  (func (export "sw_evaluate") (param $at i32) (param $len i32) (result i64)
    (local $header i32) (local $member i32)
    (block $malformed
      (br_if $malformed (i32.lt_u (local.get $len) (i32.const 12)))
      (br_if $malformed (i32.ne (i32.load (local.get $at)) (i32.const 0x31495753))) ;; "SWI1"
      (local.set $header (i32.load offset=4 (local.get $at)))
      (br_if $malformed (i32.gt_u (local.get $header) (local.get $len)))
      (br_if $malformed (i32.lt_u (local.get $header) (i32.const 12)))
      (if (i32.ne (i32.load offset=8 (local.get $at)) (i32.const 4)) ;; HookEarn
        (then
          (call $refuse (i32.const 1088) (i32.const 15))
          (return (i64.const 0))))

      ;; Without a birthday the answer is the header with empty tables (3).
      (if (i32.lt_u (local.get $header) (i32.const 76)) (then (return (i64.const 120)))) ;; no Member yet
      (if (i32.eqz (i32.load offset=68 (local.get $at))) (then (return (i64.const 120)))) ;; count
      (if (i32.lt_u (i32.load offset=72 (local.get $at)) (i32.const 12)) (then (return (i64.const 120)))) ;; stride
      (local.set $member (i32.load offset=64 (local.get $at)))
      (br_if $malformed
        (i64.gt_u
          (i64.add (i64.extend_i32_u (local.get $member)) (i64.const 12))
          (i64.extend_i32_u (local.get $len))))
      (local.set $member (i32.add (local.get $at) (local.get $member)))
      (if (i32.eqz (i32.load offset=8 (local.get $member))) (then (return (i64.const 120)))) ;; BirthdayToday
      (if (i64.eqz (global.get $points)) (then (return (i64.const 120))))

      ;; Earns: one record at 120, stride 56; its note's code behind it, at 176.
      (i32.store (i32.const 20) (i32.const 120))
      (i32.store (i32.const 24) (i32.const 1))
      (i32.store (i32.const 28) (i32.const 56))
      (i64.store (i32.const 128) (global.get $points)) ;; Points
      (i32.store (i32.const 136) (i32.const 176))      ;; Note.Code
      (i32.store (i32.const 140) (i32.const 15))
      (i64.store (i32.const 152) (global.get $points)) ;; Note.Arg
      (return (i64.const 191))) ;; address 0, 191 bytes
    (call $refuse (i32.const 1104) (i32.const 17))
    (i64.const 0)))
