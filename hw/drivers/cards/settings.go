package cards

// LongestLine is the longest that a reader sends of one card: three tracks.
const LongestLine = 512

// Known reports whether there is such a technology.
func Known(technology string) bool {
	return technology == Magnetic || technology == IC || technology == RFID
}

// TechnologyMember is the setting that says what a bare number was read from.
const TechnologyMember = `    "technology": {"type": "string", "enum": ["magnetic", "ic", "rfid"], "default": "rfid", "title": "Kind of card", "description": "Of numbers without a track's marks; ;…? and %…? are always magnetic",
      "x-title": {"en": "Kind of card", "zh-Hans": "卡片类型", "zh-Hant": "卡片類型"},
      "x-description": {"en": "Of numbers without a track's marks; ;…? and %…? are always magnetic", "zh-Hans": "用于不带磁道标记的卡号；;…? 和 %…? 一律视为磁卡", "zh-Hant": "用於不帶磁軌標記的卡號；;…? 和 %…? 一律視為磁卡"},
      "x-labels": {"magnetic": {"en": "Magnetic", "zh-Hans": "磁卡", "zh-Hant": "磁卡"}, "ic": {"en": "IC card (with contacts)", "zh-Hans": "IC 卡（接触式）", "zh-Hant": "IC 卡（接觸式）"}, "rfid": {"en": "RFID card (contactless)", "zh-Hans": "感应卡（RFID）", "zh-Hant": "感應卡（RFID）"}}}`
