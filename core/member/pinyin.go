package member

import (
	"sort"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// The first character of each initial in the order of pinyin: what sorts from
// one up to the next begins with that letter. No syllable begins with i, u or v.
const (
	initialFirst   = "阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀"
	initialLetters = "abcdefghjklmnopqrstwxyz"
)

// Characters that as a surname begin with another letter than elsewhere.
var surnames = map[rune]byte{'单': 's', '單': 's', '解': 'x', '仇': 'q', '查': 'z', '翟': 'z', '朴': 'p', '区': 'o', '區': 'o', '盖': 'g', '缪': 'm', '繆': 'm', '乐': 'y', '樂': 'y', '曾': 'z', '种': 'c', '覃': 'q', '尉': 'w', '召': 's'}

// pinyinOrder compares by the pinyin collation. A collator keeps a buffer and is
// not safe for concurrent use, hence the lock; the keys of the bounds are made once.
var pinyinOrder = struct {
	sync.Mutex
	col    *collate.Collator
	buf    collate.Buffer
	bounds []string
}{}

// initial is the letter with which a Chinese character's reading begins, 0 for
// any other character.
func initial(r rune) byte {
	if !unicode.Is(unicode.Han, r) {
		return 0
	}
	o := &pinyinOrder
	o.Lock()
	defer o.Unlock()
	if o.col == nil {
		o.col = collate.New(language.MustParse("zh-u-co-pinyin"))
		for _, b := range initialFirst {
			o.bounds = append(o.bounds, string(o.col.KeyFromString(&o.buf, string(b))))
		}
	}
	o.buf.Reset()
	key := string(o.col.KeyFromString(&o.buf, string(r)))
	i := sort.SearchStrings(o.bounds, key)
	if i == len(o.bounds) || o.bounds[i] != key {
		i--
	}
	if i < 0 {
		return 0
	}
	return initialLetters[i]
}

// searchForm is the lower-case name and, where it has Chinese characters, a
// space and their pinyin initials.
func searchForm(name string) string {
	name = strings.ToLower(name)
	var letters []byte
	for i, r := range []rune(name) {
		c := initial(r)
		if s, ok := surnames[r]; ok && i == 0 {
			c = s
		}
		if c != 0 {
			letters = append(letters, c)
		}
	}
	if len(letters) == 0 {
		return name
	}
	return name + " " + string(letters)
}
