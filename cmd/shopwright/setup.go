package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
)

// newMerchant is what setup asks for.
type newMerchant struct {
	Handle, Name, Shop, Edition, Currency, Zone, Locale string
	CutOff                                              int
}

// access is what setup answers: secrets are shown this once.
type access struct {
	Merchant id.ID  `json:"merchant_id"`
	Shop     id.ID  `json:"shop_id"`
	Register id.ID  `json:"register_id"`
	Login    string `json:"login"`
	Password string `json:"password"`
	APIKey   string `json:"api_key"`
}

func setupCommand() *cobra.Command {
	var cfg config
	in := newMerchant{}
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Add a merchant with a shop, a register and an owner, and print how to sign in",
		Example: "  shopwright setup --handle lily --name \"Lily's Salon\" --edition salon --locale zh-Hans\n" +
			"  shopwright serve",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cfg.load(cmd); err != nil {
				return err
			}
			log, err := cfg.logger()
			if err != nil {
				return err
			}
			a, err := openCore(cmd.Context(), cfg, log, openOptions{})
			if err != nil {
				return err
			}
			defer a.Close()
			got, err := a.setup(cmd.Context(), in)
			if err != nil {
				return err
			}
			enc := json.NewEncoder(os.Stdout)
			enc.SetIndent("", "  ")
			return enc.Encode(got)
		},
	}
	cfg.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&in.Handle, "handle", "", "short name that staff type after the @ when they sign in (required)")
	f.StringVar(&in.Name, "name", "", "name of the business (default: the handle)")
	f.StringVar(&in.Shop, "shop", "", "name of its first shop (default: the name)")
	f.StringVar(&in.Edition, "edition", "retail", "edition: salon, retail, catering, shopwright")
	f.StringVar(&in.Currency, "currency", "CNY", "base currency, ISO 4217")
	f.StringVar(&in.Zone, "zone", "Asia/Shanghai", "time zone of the shop")
	f.IntVar(&in.CutOff, "cut-off", 4*60, "minutes after midnight at which the business day begins")
	f.StringVar(&in.Locale, "locale", "en", "en, zh-Hans or zh-Hant")
	_ = cmd.MarkFlagRequired("handle")
	return cmd
}

// setup makes the merchant with its edition's packs on, in one transaction.
func (a *app) setup(ctx context.Context, in newMerchant) (access, error) {
	if in.Name == "" {
		in.Name = in.Handle
	}
	if in.Shop == "" {
		in.Shop = in.Name
	}
	e, err := edition.Builtin(in.Edition)
	if err != nil {
		return access{}, err
	}
	out := access{Login: "owner@" + in.Handle, Password: rand.Text()}
	hash, err := a.auth.HashPassword(ctx, out.Password)
	if err != nil {
		return out, err
	}
	err = a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		m, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: in.Handle, Name: in.Name, Edition: in.Edition, Currency: in.Currency, Locale: in.Locale})
		if err != nil {
			return err
		}
		out.Merchant = m.ID
		ctx = auth.WithActor(ctx, auth.JobActor(m.ID, "setup"))
		shop, err := tenant.CreateShop(ctx, tx, m.ID, tenant.NewShop{Name: in.Shop, TimeZone: in.Zone, CutOff: in.CutOff})
		if err != nil {
			return err
		}
		out.Shop = shop.ID
		stock.CreateFloor(tx, m.ID, shop.ID, in.Shop)
		reg, err := tenant.CreateRegister(ctx, tx, m.ID, shop.ID, tenant.NewRegister{Name: "1"})
		if err != nil {
			return err
		}
		out.Register = reg.ID
		for i, t := range []string{"silver", "gold"} {
			if err := member.CreateTier(ctx, tx, m.ID, member.Tier{Code: t, Name: t, Rank: i + 1}); err != nil {
				return err
			}
		}
		if err := a.switchOn(ctx, tx, m.ID, shop.ID, e); err != nil {
			return err
		}
		if _, err := auth.CreateStaff(ctx, tx, m.ID, auth.NewStaff{Profile: auth.Profile{Name: in.Name, Role: auth.Owner, Locale: in.Locale}, Login: "owner", Password: hash}); err != nil {
			return err
		}
		_, out.APIKey, err = auth.CreateKey(ctx, tx, m.ID, auth.NewKey{Name: "setup", Role: auth.Owner, Expires: tx.Now.Add(10 * 365 * 24 * time.Hour)})
		return err
	})
	return out, err
}

// switchOn switches an edition's packs on in a shop.
func (a *app) switchOn(ctx context.Context, tx *db.Tx, m, shop id.ID, e *edition.Edition) error {
	for _, p := range e.Packs {
		if !p.On {
			continue
		}
		b, err := a.packs.Latest(p.ID)
		if err != nil {
			return err
		}
		own := p.Config
		if len(own) == 0 {
			own = json.RawMessage("{}")
		}
		config, err := b.CheckConfig(own)
		if err != nil {
			return fmt.Errorf("edition %s, pack %s: %w", e.ID, p.ID, err)
		}
		if err := pack.Set(ctx, tx, pack.Change{Merchant: m, Shops: []id.ID{shop}, PackID: p.ID, Enabled: true, Version: b.Version, Config: config, Priority: p.Priority, Reason: "setup"}); err != nil {
			return err
		}
	}
	return nil
}
