package acquirersim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "acquirer-sim"

// The ways to answer. ByAmount goes by the amount's last two digits: 01 to 07 are
// the others in their order, everything else is paid.
const (
	ByAmount        = "by_amount"
	Paid            = "paid"
	Refused         = "refused"           // 01
	Slow            = "slow"              // 02: paid, after a while
	Unknown         = "unknown"           // 03: charged, and no answer; later it is known
	PaidLater       = "paid_later"        // 04: pending, paid later, with a notice
	RefusedThenPaid = "refused_then_paid" // 05: refused, and paid later after all, with a notice
	Lost            = "lost"              // 06: charged, the answer is lost
	Twice           = "twice"             // 07: pending, paid later, with the notice twice
)

var byDigits = map[int64]string{1: Refused, 2: Slow, 3: Unknown, 4: PaidLater, 5: RefusedThenPaid, 6: Lost, 7: Twice}

var answers = []string{ByAmount, Paid, Refused, Slow, Unknown, PaidLater, RefusedThenPaid, Lost, Twice}

var errLine = errors.New("the line to the simulated provider is cut")

type settings struct {
	Answer string `json:"answer"`
	Delay  int    `json:"delay_ms"`
	Later  int    `json:"later_ms"`
	Folder string `json:"folder"`
}

// Acquirer is the driver.
type Acquirer struct {
	driver.Stream

	mu   sync.Mutex
	set  settings
	book book
}

var (
	_ driver.Driver       = (*Acquirer)(nil)
	_ driver.Configurable = (*Acquirer)(nil)
	_ driver.Checker      = (*Acquirer)(nil)
	_ driver.Eventful     = (*Acquirer)(nil)
	_ driver.Acquirer     = (*Acquirer)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Acquirer{} }

// Info implements driver.Driver.
func (*Acquirer) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Acquirer"}}
}

// Takes reports whether the connector is meant for a tender: it takes any.
func Takes(method, _ string) bool { return method == "card" || method == "qr" }

// ConfigSchema implements driver.Configurable.
func (*Acquirer) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "answer": {"type": "string", "enum": ["by_amount", "paid", "refused", "slow", "unknown", "paid_later", "refused_then_paid", "lost", "twice"], "x-labels": {"by_amount": {"en": "By the amount", "zh-Hans": "按金额", "zh-Hant": "按金額"}, "paid": {"en": "Paid", "zh-Hans": "支付成功", "zh-Hant": "支付成功"}, "refused": {"en": "Refused", "zh-Hans": "拒绝", "zh-Hant": "拒絕"}, "slow": {"en": "Slow", "zh-Hans": "缓慢", "zh-Hant": "緩慢"}, "unknown": {"en": "Unknown", "zh-Hans": "未知", "zh-Hant": "未知"}, "paid_later": {"en": "Paid later", "zh-Hans": "稍后支付", "zh-Hant": "稍後支付"}, "refused_then_paid": {"en": "Refused, then paid", "zh-Hans": "先拒后付", "zh-Hant": "先拒後付"}, "lost": {"en": "Answer lost", "zh-Hans": "应答丢失", "zh-Hant": "回應遺失"}, "twice": {"en": "Told twice", "zh-Hans": "重复通知", "zh-Hant": "重複通知"}}, "default": "by_amount", "title": "Answer", "x-title": {"zh-Hans": "模拟结果", "zh-Hant": "模擬結果"}, "description": "by_amount: by the last two digits, 01 refused, 02 slow, 03 unknown, 04 paid later, 05 refused then paid, 06 answer lost, 07 told twice, others paid", "x-description": {"zh-Hans": "按金额：末两位 01 拒绝、02 缓慢、03 未知、04 稍后支付、05 先拒后付、06 应答丢失、07 重复通知，其余支付成功", "zh-Hant": "按金額：末兩位 01 拒絕、02 緩慢、03 未知、04 稍後支付、05 先拒後付、06 回應遺失、07 重複通知，其餘支付成功"}},
    "delay_ms": {"type": "integer", "minimum": 0, "maximum": 60000, "default": 3000, "title": "How long slow is, in milliseconds", "x-title": {"zh-Hans": "缓慢的时长（毫秒）", "zh-Hant": "緩慢的時長（毫秒）"}},
    "later_ms": {"type": "integer", "minimum": 0, "maximum": 600000, "default": 5000, "title": "How long later is, in milliseconds", "x-title": {"zh-Hans": "稍后的时长（毫秒）", "zh-Hant": "稍後的時長（毫秒）"}},
    "folder": {"type": "string", "default": "", "title": "Folder", "x-title": {"zh-Hans": "文件夹", "zh-Hant": "資料夾"}, "description": "Where the book is kept; without it, it is lost with the process", "x-description": {"zh-Hans": "保存账本的位置；留空则随进程丢失", "zh-Hant": "儲存帳本的位置；留空則隨行程遺失"}}
  }
}`)
}

// Configure implements driver.Configurable.
func (a *Acquirer) Configure(_ context.Context, raw json.RawMessage) error {
	s := settings{Answer: ByAmount, Delay: 3000, Later: 5000}
	if err := gate.Decode(raw, &s); err != nil {
		return err
	}
	if !slices.Contains(answers, s.Answer) {
		return fmt.Errorf("the answer %q is not known", s.Answer)
	}
	if s.Delay < 0 || s.Delay > 60_000 || s.Later < 0 || s.Later > 600_000 {
		return errors.New("the times are out of bounds")
	}
	b, err := openBook(s.Folder)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.set, a.book = s, b
	a.mu.Unlock()
	return nil
}

// Health implements driver.Checker.
func (*Acquirer) Health(context.Context) driver.Health { return driver.Health{OK: true} }

func rest(ctx context.Context, ms int) error {
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Authorise implements driver.Acquirer.
func (a *Acquirer) Authorise(ctx context.Context, p driver.Payment) (driver.PaymentStatus, error) {
	a.mu.Lock()
	set := a.set
	e, known := a.book.get(p.Reference)
	if !known {
		e = entry{Reference: p.Reference, Amount: p.Amount, Currency: p.Currency, How: set.Answer, Since: now()}
		if e.How == ByAmount {
			if e.How = byDigits[p.Amount%100]; e.How == "" {
				e.How = Paid
			}
		}
		if err := a.book.put(e); err != nil {
			a.mu.Unlock()
			return driver.PaymentStatus{}, err
		}
	}
	a.mu.Unlock()
	if known {
		return a.QueryPayment(ctx, p.Reference)
	}
	switch e.How {
	case Refused:
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: "refused by the simulator"}, nil
	case RefusedThenPaid:
		go a.tellLater(e, set.Later, 1)
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: "refused by the simulator, for now"}, nil
	case Slow:
		if err := rest(ctx, set.Delay); err != nil {
			return driver.PaymentStatus{}, err
		}
	case Unknown, Lost:
		return driver.PaymentStatus{}, errLine
	case PaidLater:
		go a.tellLater(e, set.Later, 1)
	case Twice:
		go a.tellLater(e, set.Later, 2)
	}
	return e.status(set), nil
}

// tellLater tells of a success by itself, as often as that.
func (a *Acquirer) tellLater(e entry, ms, times int) {
	_ = rest(context.Background(), ms+1)
	a.mu.Lock()
	set := a.set
	e, ok := a.book.get(e.Reference)
	a.mu.Unlock()
	st := e.status(set)
	if !ok || st.State != driver.PaymentPaid {
		return
	}
	for range times {
		a.Noticed("sim-"+e.Reference, e.Reference, st)
	}
}

// QueryPayment implements driver.Acquirer.
func (a *Acquirer) QueryPayment(_ context.Context, reference string) (driver.PaymentStatus, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, known := a.book.get(reference)
	if !known {
		return driver.PaymentStatus{State: driver.PaymentNone}, nil
	}
	if e.How == Unknown && e.Ended == "" && !e.later(a.set) {
		return driver.PaymentStatus{}, errLine
	}
	return e.status(a.set), nil
}

// CancelPayment implements driver.Acquirer.
func (a *Acquirer) CancelPayment(_ context.Context, reference string) (driver.PaymentStatus, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, known := a.book.get(reference)
	if !known {
		return driver.PaymentStatus{State: driver.PaymentNone}, nil
	}
	if st := e.status(a.set); st.State == driver.PaymentPaid {
		e.Back = e.Amount
	}
	e.Ended = "cancelled"
	if err := a.book.put(e); err != nil {
		return driver.PaymentStatus{}, err
	}
	return e.status(a.set), nil
}

// Refund implements driver.Acquirer.
func (a *Acquirer) Refund(_ context.Context, r driver.Repayment) (driver.RefundStatus, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, known := a.book.get(r.Reference)
	switch _, done := e.Refunds[r.Refund]; {
	case done:
		return driver.RefundStatus{State: driver.RefundDone, ProviderID: "simr-" + r.Refund}, nil
	case !known || e.status(a.set).State != driver.PaymentPaid:
		return driver.RefundStatus{State: driver.RefundRefused, Reason: "the payment is not paid"}, nil
	case e.Back+r.Amount > e.Amount:
		return driver.RefundStatus{State: driver.RefundRefused, Reason: "more than was paid"}, nil
	}
	if e.Refunds = maps.Clone(e.Refunds); e.Refunds == nil {
		e.Refunds = map[string]int64{}
	}
	e.Back += r.Amount
	e.Refunds[r.Refund] = r.Amount
	if err := a.book.put(e); err != nil {
		return driver.RefundStatus{}, err
	}
	return driver.RefundStatus{State: driver.RefundDone, ProviderID: "simr-" + r.Refund}, nil
}

// QueryRefund implements driver.Acquirer.
func (a *Acquirer) QueryRefund(_ context.Context, r driver.Repayment) (driver.RefundStatus, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, _ := a.book.get(r.Reference)
	if _, done := e.Refunds[r.Refund]; done {
		return driver.RefundStatus{State: driver.RefundDone, ProviderID: "simr-" + r.Refund}, nil
	}
	return driver.RefundStatus{State: driver.RefundUnknown, Reason: "never heard of it"}, nil
}
