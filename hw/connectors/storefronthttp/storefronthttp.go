package storefronthttp

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "storefront-http"

type settings struct {
	Base   string `json:"base_url"`
	Key    string `json:"key_id"`
	Secret string `json:"secret"`
}

// Storefront is the driver.
type Storefront struct {
	clock clock.Clock

	mu   sync.Mutex
	set  settings
	gate *gate.Gate
}

var (
	_ driver.Driver       = (*Storefront)(nil)
	_ driver.Configurable = (*Storefront)(nil)
	_ driver.Checker      = (*Storefront)(nil)
	_ driver.Storefront   = (*Storefront)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Storefront{clock: clock.System{}} }

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
  "required": ["base_url", "key_id", "secret"],
  "properties": {
    "base_url": {"type": "string", "format": "uri", "title": "Address of the online shop", "x-title": {"zh-Hans": "网店地址", "zh-Hant": "網店位址"}, "description": "Begins with https://; what the shop's developer names", "x-description": {"zh-Hans": "以 https:// 开头；由网店开发方提供", "zh-Hant": "以 https:// 開頭；由網店開發方提供"}},
    "key_id": {"type": "string", "minLength": 1, "maxLength": 100, "title": "Name of the key", "x-title": {"zh-Hans": "密钥名称", "zh-Hant": "金鑰名稱"}},
    "secret": {"type": "string", "minLength": 16, "maxLength": 200, "x-secret": true, "title": "Secret", "x-title": {"zh-Hans": "密钥", "zh-Hant": "金鑰"}, "description": "At least 16 characters; both sides sign with it", "x-description": {"zh-Hans": "至少 16 个字符；双方用它签名", "zh-Hant": "至少 16 個字元；雙方用它簽章"}}
  }
}`)
}

// Configure implements driver.Configurable.
func (s *Storefront) Configure(_ context.Context, raw json.RawMessage) error {
	var set settings
	err := gate.Decode(raw, &set)
	if err != nil {
		return err
	}
	if set.Base, err = gate.Address(set.Base); err != nil {
		return err
	}
	if set.Key == "" || len(set.Secret) < 16 {
		return errors.New("the name of the key is missing, or the secret has less than 16 characters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set, s.gate = set, gate.New(nil, set.Secret)
	return nil
}

// Health implements driver.Checker.
func (s *Storefront) Health(context.Context) driver.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate == nil {
		return driver.Health{Reason: "no settings yet"}
	}
	return s.gate.Health()
}

func (s *Storefront) now() (settings, *gate.Gate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate == nil {
		return settings{}, nil, errors.New("no settings yet")
	}
	return s.set, s.gate, nil
}
