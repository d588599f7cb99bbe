package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// config is what a server needs. Each value comes from its flag, else from
// SHOPWRIGHT_<FLAG>, else from the file of --config (a JSON object with the
// flags' names), else from its default.
type config struct {
	File   string
	DB     string
	Addr   string
	Data   string
	Log    string
	Secure bool // cookies only over HTTPS
	// Metrics is the address on which the figures are served; "" none.
	Metrics string
}

func (c *config) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.File, "config", "", "a JSON file with these flags' names as keys")
	f.StringVar(&c.DB, "db", "", "sqlite:FILE or postgres://user@host/database (default: a file in --data)")
	f.StringVar(&c.Data, "data", defaultData(), "folder of the database, keys, compiled rules")
	f.StringVar(&c.Log, "log", "info", "debug, info, warn or error")
}

func (c *config) serverFlags(cmd *cobra.Command) {
	c.flags(cmd)
	cmd.Flags().StringVar(&c.Addr, "addr", "127.0.0.1:8080", "address to listen on")
	cmd.Flags().StringVar(&c.Metrics, "metrics", "", "address that serves GET /metrics for Prometheus, e.g. 127.0.0.1:9090; nobody is asked who they are")
	cmd.Flags().BoolVar(&c.Secure, "secure-cookies", false, "send cookies over HTTPS only; set it behind TLS")
}

func defaultData() string {
	if dir, err := os.UserConfigDir(); err == nil {
		return filepath.Join(dir, "shopwright")
	}
	return "shopwright-data"
}

// load fills in what no flag gave.
func (c *config) load(cmd *cobra.Command) error {
	fromFile := map[string]any{}
	if c.File == "" {
		c.File = os.Getenv("SHOPWRIGHT_CONFIG")
	}
	if c.File != "" {
		raw, err := os.ReadFile(c.File)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &fromFile); err != nil {
			return fmt.Errorf("%s is not a JSON object: %w", c.File, err)
		}
	}
	every := &cobra.Command{} // one file is for every subcommand
	new(config).serverFlags(every)
	for key := range fromFile {
		if every.Flags().Lookup(key) == nil && cmd.Flags().Lookup(key) == nil {
			return fmt.Errorf("%s: there is no setting %q", c.File, key)
		}
	}
	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			return
		}
		set := func(from, v string) {
			if err := f.Value.Set(v); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", from, err))
			}
		}
		name := "SHOPWRIGHT_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v := os.Getenv(name); v != "" {
			set(name, v)
		} else if v, ok := fromFile[f.Name]; ok {
			set(c.File+": "+f.Name, fmt.Sprint(v))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if c.DB == "" {
		c.DB = "sqlite:" + filepath.Join(c.Data, "shop.db")
	}
	return nil
}

func (c *config) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})), nil
}
