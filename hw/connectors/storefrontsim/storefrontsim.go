package storefrontsim

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "storefront-sim"

var errNoSettings = errors.New("the simulator has no settings yet")

type settings struct {
	Folder   string `json:"folder"`
	Listen   string `json:"listen"`
	Currency string `json:"currency"`
}

// Storefront is the driver.
type Storefront struct {
	mu   sync.Mutex
	mall *Mall
	stop context.CancelFunc
	addr net.Addr
}

var (
	_ driver.Driver       = (*Storefront)(nil)
	_ driver.Configurable = (*Storefront)(nil)
	_ driver.Checker      = (*Storefront)(nil)
	_ driver.Storefront   = (*Storefront)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Storefront{} }

// Info implements driver.Driver.
func (*Storefront) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Storefront"}}
}

// ConfigSchema implements driver.Configurable.
func (*Storefront) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "folder": {"type": "string", "default": "", "title": "Folder", "x-title": {"zh-Hans": "文件夹", "zh-Hant": "資料夾"}, "description": "Where the simulated mall is kept; without it, it is lost with the process", "x-description": {"zh-Hans": "保存模拟商城的位置；留空则随进程丢失", "zh-Hant": "儲存模擬商城的位置；留空則隨行程遺失"}},
    "listen": {"type": "string", "default": "", "title": "Page of the mall", "x-title": {"zh-Hans": "模拟商城页面", "zh-Hant": "模擬商城頁面"}, "description": "HOST:PORT of this machine where orders can be placed by hand, 127.0.0.1:8790 for example; none without it", "x-description": {"zh-Hans": "可手动下单的本机 主机:端口，例如 127.0.0.1:8790；留空则没有", "zh-Hant": "可手動下單的本機 主機:連接埠，例如 127.0.0.1:8790；留空則沒有"}},
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "default": "CNY", "title": "Currency", "x-title": {"zh-Hans": "币种", "zh-Hant": "幣別"}}
  }
}`)
}

// Configure implements driver.Configurable.
func (s *Storefront) Configure(_ context.Context, raw json.RawMessage) error {
	set := settings{Currency: "CNY"}
	if err := gate.Decode(raw, &set); err != nil {
		return err
	}
	if len(set.Currency) != 3 {
		return errors.New("the currency has three letters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
	m, err := OpenMall(set.Folder)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	addr, err := gate.Listen(ctx, set.Listen, http.HandlerFunc(page{m, set.Currency}.serve))
	if err != nil {
		stop()
		return err
	}
	s.mall, s.stop, s.addr = m, stop, addr
	return nil
}

// Health implements driver.Checker.
func (s *Storefront) Health(context.Context) driver.Health {
	if _, err := s.open(); err != nil {
		return driver.Health{Reason: err.Error()}
	}
	return driver.Health{OK: true}
}

func (s *Storefront) open() (*Mall, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mall == nil {
		return nil, errNoSettings
	}
	return s.mall, nil
}

// Orders implements driver.Storefront.
func (s *Storefront) Orders(_ context.Context, since string, limit int) (driver.OrderPage, error) {
	m, err := s.open()
	if err != nil {
		return driver.OrderPage{}, err
	}
	return m.Orders(since, limit)
}

// Acknowledge implements driver.Storefront.
func (s *Storefront) Acknowledge(_ context.Context, cursor string) error {
	m, err := s.open()
	if err != nil {
		return err
	}
	return m.Acknowledge(cursor)
}

// PushStock implements driver.Storefront: it sells whatever it is told of.
func (s *Storefront) PushStock(_ context.Context, f driver.StockFigures) ([]string, error) {
	m, err := s.open()
	if err != nil {
		return nil, err
	}
	return nil, m.PushStock(f)
}

// PushFulfilment implements driver.Storefront.
func (s *Storefront) PushFulfilment(_ context.Context, f driver.Fulfilment) error {
	m, err := s.open()
	if err != nil {
		return err
	}
	return m.PushFulfilment(f)
}

// PushRefund implements driver.Storefront.
func (s *Storefront) PushRefund(_ context.Context, r driver.OrderRefund) (driver.RefundStatus, error) {
	m, err := s.open()
	if err != nil {
		return driver.RefundStatus{}, err
	}
	return m.PushRefund(r)
}

// DecideRefund implements driver.Storefront.
func (s *Storefront) DecideRefund(_ context.Context, d driver.RefundDecision) error {
	m, err := s.open()
	if err != nil {
		return err
	}
	return m.Decide(d)
}

// ShipTo implements driver.Storefront.
func (s *Storefront) ShipTo(_ context.Context, order string) (driver.ShipTo, error) {
	m, err := s.open()
	if err != nil {
		return driver.ShipTo{}, err
	}
	return m.ShipTo(order)
}

// PushCatalogue implements driver.Storefront.
func (s *Storefront) PushCatalogue(_ context.Context, articles []driver.Article) (int, error) {
	m, err := s.open()
	if err != nil {
		return 0, err
	}
	return m.PushCatalogue(articles)
}
