package main

import (
	"context"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/label"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

// printDocuments makes the document of a print job from its reference.
type printDocuments struct{ receipts *report.Receipts }

func (p printDocuments) Document(ctx context.Context, j device.Job) (receipt.Document, error) {
	switch j.Kind {
	case device.KindKitchen:
		return p.receipts.Ticket(ctx, j.Merchant, j.Ref, j.Attempt)
	case device.KindShift:
		return p.receipts.Shift(ctx, j.Merchant, j.Ref, j.Attempt)
	}
	return p.receipts.Print(ctx, j.Merchant, j.Sale, j.Attempt)
}

// printLabels makes what a job of labels prints.
type printLabels struct{ db *db.DB }

func (p printLabels) Label(ctx context.Context, j device.Job) (*driver.Label, int, error) {
	l, err := label.GetLine(ctx, p.db, j.Merchant, j.Ref)
	return wire.Label(l.Label), l.Copies, err
}

// WriteCard writes a member's number on a card at a station, here or at a device host;
// the station's driver reads it back before it says that it is written. Faults:
// device.not_found, office.no_card_station, office.card_not_written.
func (d *deviceDesk) WriteCard(ctx context.Context, m, dev id.ID, number, technology string) (string, error) {
	row, err := d.mine(ctx, m, dev)
	if err != nil {
		return "", err
	}
	station, ok := d.a.reach.CardStation(dev.String())
	if !ok || !row.Enabled {
		return "", office.ErrNoStation.On("device")
	}
	uid, err := station.WriteCard(ctx, "card-"+id.New(int64(d.a.db.Now())).String(), "", driver.Card{Number: number, Technology: technology})
	if err != nil {
		return "", office.ErrNotWritten.With("reason", err.Error()).Wrap(err)
	}
	return uid, nil
}
