package checkout

import (
	"bytes"
	"slices"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
)

// purses are the wallets that a document touches: the member's, those of family
// members whose punch cards are used, gift cards. They are locked in the order of
// their owners, so that two documents never wait for each other crosswise.
type purses struct {
	merchant id.ID
	all      []*ledger.Purse
}

// of answers the purse of an owner, which is locked with the others from then on.
func (ps *purses) of(kind string, owner id.ID) *ledger.Purse {
	i, found := slices.BinarySearchFunc(ps.all, owner, func(p *ledger.Purse, o id.ID) int { return bytes.Compare(p.Owner[:], o[:]) })
	if !found {
		ps.all = slices.Insert(ps.all, i, &ledger.Purse{Merchant: ps.merchant, OwnerKind: kind, Owner: owner})
	}
	return ps.all[i]
}

// find answers the purse of an owner, nil where the document does not touch it.
func (ps *purses) find(owner id.ID) *ledger.Purse {
	for _, p := range ps.all {
		if p.Owner == owner {
			return p
		}
	}
	return nil
}

// askToSpend notes the locks, and the lots of the units that are spent.
func (ps *purses) askToSpend(tx *db.Tx, units map[id.ID][]string) {
	for _, p := range ps.all {
		p.AskToSpend(tx, units[p.Owner])
	}
}

// ask notes the locks and all lots, those that a sale emptied too.
func (ps *purses) ask(tx *db.Tx, sale id.ID) {
	for _, p := range ps.all {
		p.Ask(tx, sale)
	}
}

// queue writes the lots that were made or changed; it goes behind the entry.
func (ps *purses) queue(tx *db.Tx) {
	for _, p := range ps.all {
		p.Queue(tx)
	}
}

// account finds an account of any of the purses, with its purse.
func (ps *purses) account(account id.ID) (*ledger.Purse, *ledger.Account) {
	for _, p := range ps.all {
		for i := range p.Accounts {
			if p.Accounts[i].ID == account {
				return p, &p.Accounts[i]
			}
		}
	}
	return nil, nil
}
