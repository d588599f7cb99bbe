package sim

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// PayFate is what becomes of a payment with a simulated provider.
type PayFate int

// The fates.
const (
	PayPaid        PayFate = iota
	PayRefused             // nothing is charged
	PayWaits               // the customer has to do something: see Pay
	PayNoAnswer            // charged, and the connection is cut instead of an answer
	PaySystemError         // charged, and the answer says that something went wrong
	PaySlow                // paid, the answer takes two seconds
	PayLiar                // charged, and the answer is signed wrongly
)

// PayOrder is a payment in a simulated provider's books.
type PayOrder struct {
	Reference string
	ID        string // the provider's
	Amount    int64
	Charges   int // how often money was taken
	Fate      PayFate
	Paid      bool
	Closed    bool             // cancelled; what was paid is given back
	Back      int64            // given back
	Refunds   map[string]int64 // by their references
	Code      string
}

// payBooks are what the simulated providers have in common: a server on a port of
// this machine, and the books.
type payBooks struct {
	srv  *http.Server
	addr string

	mu      sync.Mutex
	fates   []PayFate
	orders  map[string]*PayOrder
	asked   map[string]int // calls, by their name
	wrong   []string       // what was sent that a provider would not take
	refuses bool           // refunds
	away    bool
}

func (b *payBooks) open(h http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.orders, b.asked = map[string]*PayOrder{}, map[string]int{}
	b.addr = "http://" + l.Addr().String()
	b.srv = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		away := b.away
		b.mu.Unlock()
		if away {
			cut(w)
			return
		}
		h.ServeHTTP(w, r)
	})}
	go func() { _ = b.srv.Serve(l) }()
	return nil
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = c.Close()
	}
}

// URL is where it listens.
func (b *payBooks) URL() string { return b.addr }

// Close ends it.
func (b *payBooks) Close() { _ = b.srv.Close() }

// Next says what becomes of the next payments; those after them are paid.
func (b *payBooks) Next(fates ...PayFate) {
	b.mu.Lock()
	b.fates = append(b.fates, fates...)
	b.mu.Unlock()
}

// RefuseRefunds has it refuse refunds from now on, or not.
func (b *payBooks) RefuseRefunds(yes bool) { b.mu.Lock(); b.refuses = yes; b.mu.Unlock() }

// Away has it cut every connection, or not.
func (b *payBooks) Away(yes bool) { b.mu.Lock(); b.away = yes; b.mu.Unlock() }

// Order answers what its books say of a payment.
func (b *payBooks) Order(reference string) (PayOrder, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[reference]
	if !ok {
		return PayOrder{}, false
	}
	return *o, true
}

// Wrong answers what was sent to it that a provider would not take.
func (b *payBooks) Wrong() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.wrong...)
}

// Asked answers how often it was called by a name.
func (b *payBooks) Asked(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked[name]
}

// Pay is the customer doing what a waiting payment waits for.
func (b *payBooks) Pay(reference string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[reference]
	if !ok || o.Closed || o.Paid {
		return false
	}
	o.Paid = true
	o.Charges++
	return true
}

func (b *payBooks) bad(what string) { b.mu.Lock(); b.wrong = append(b.wrong, what); b.mu.Unlock() }

// begin enters a payment under the next fate; the lock is held. known: it is there
// already, and nothing is charged.
func (b *payBooks) begin(reference string, amount int64, code string) (o *PayOrder, known bool) {
	if o, known = b.orders[reference]; known {
		return o, true
	}
	o = &PayOrder{Reference: reference, ID: "42" + reference, Amount: amount, Code: code, Refunds: map[string]int64{}}
	if len(b.fates) > 0 {
		o.Fate, b.fates = b.fates[0], b.fates[1:]
	}
	if o.Fate != PayRefused && o.Fate != PayWaits {
		o.Paid, o.Charges = true, 1
	}
	b.orders[reference] = o
	return o, false
}

// refund gives back; the lock is held. It answers whether it did or had done before.
func (b *payBooks) refund(o *PayOrder, reference string, amount int64) bool {
	if _, done := o.Refunds[reference]; done {
		return true
	}
	if b.refuses || !o.Paid || o.Closed || amount <= 0 || o.Back+amount > o.Amount {
		return false
	}
	o.Refunds[reference] = amount
	o.Back += amount
	return true
}

// end cancels; the lock is held.
func (o *PayOrder) end() {
	if o.Closed {
		return
	}
	o.Closed = true
	if o.Paid {
		o.Back = o.Amount
	}
}
