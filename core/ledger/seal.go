package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

var _ = db.GuardRetry("seals_pkey") // two sealers at once

type seal struct {
	no, count  int64
	prev, root []byte
	at         clock.Instant
}

func scanSeal(r db.Row, s *seal) error { return r.Scan(&s.no, &s.prev, &s.root, &s.count, &s.at) }

// hash is what the next seal names as its predecessor.
func (s *seal) hash() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(s.no))
	b = append(append(b, s.prev...), s.root...)
	b = binary.BigEndian.AppendUint64(b, uint64(s.count))
	b = binary.BigEndian.AppendUint64(b, uint64(s.at))
	h := sha256.Sum256(b)
	return h[:]
}

// merkle is the root over the leaves in the order of entry ids: pairs are hashed,
// an odd one goes up as it is. An inner node is hashed with a mark of its own, so
// that no leaf can pass for one.
func merkle(leaves [][]byte) []byte {
	if len(leaves) == 0 {
		return make([]byte, sha256.Size)
	}
	level := leaves
	for len(level) > 1 {
		var up [][]byte
		for i := 0; i < len(level); i += 2 {
			if i+1 == len(level) {
				up = append(up, level[i])
				break
			}
			h := sha256.Sum256(append(append([]byte{1}, level[i]...), level[i+1]...))
			up = append(up, h[:])
		}
		level = up
	}
	return level[0]
}

const sealBatch = 2000

// Seal closes the entries that no seal covers yet into the next seal of the
// merchant's chain, notes what each account they touch stands at by then, and
// answers how many it covered. An entry that commits late
// is covered by a later seal: which one it is in is written in its row.
func Seal(ctx context.Context, tx *db.Tx, m id.ID) (int, error) {
	type leaf struct {
		id   id.ID
		hash []byte
	}
	// The last seal first: a sealer that commits between the two reads has taken the
	// next number, and this one begins again. The other way round it would follow that
	// seal and take the entries out of it.
	last := seal{prev: nil, root: nil}
	prev := make([]byte, sha256.Size)
	found, err := db.All(ctx, tx, scanSeal, `select no, prev, merkle_root, count, at from seals where merchant_id = $1 order by no desc limit 1`, m)
	if err != nil {
		return 0, err
	}
	if len(found) == 1 {
		last = found[0]
		prev = last.hash()
	}
	open, err := db.All(ctx, tx, func(r db.Row, l *leaf) error { return r.Scan(&l.id, &l.hash) },
		`select id, hash from entries where merchant_id = $1 and seal_no is null order by id limit $2`, m, sealBatch)
	if err != nil || len(open) == 0 {
		return 0, err
	}
	leaves := make([][]byte, len(open))
	ids := make([]id.ID, len(open))
	for i := range open {
		leaves[i], ids[i] = open[i].hash, open[i].id
	}
	tx.Queue(`insert into seals (merchant_id, no, prev, merkle_root, count, at) values ($1,$2,$3,$4,$5,$6)`, m, last.no+1, prev, merkle(leaves), len(open), tx.Now)
	tx.Queue(`update entries set seal_no = $2 where merchant_id = $1 and id in_ids($3)`, m, last.no+1, ids)
	queueCheckpoints(tx, m, last.no+1, ids)
	return len(open), nil
}

// Unsealed lists the merchants that have entries which no seal covers yet.
func Unsealed(ctx context.Context, r db.Reader) ([]id.ID, error) {
	return db.All(ctx, r, func(row db.Row, m *id.ID) error { return row.Scan(m) },
		`select distinct merchant_id from entries where seal_no is null`)
}
