package scaleserial

// members are the schemas of the settings.
const members = `    "profile": {"type": "string", "enum": ["continuous", "toledo8217", "generic"], "default": "continuous", "title": "The scale's language",
      "x-title": {"en": "The scale's language", "zh-Hans": "秤的协议", "zh-Hant": "秤的協定"},
      "x-labels": {"continuous": {"en": "Speaks by itself (CAS, A&D: ST,GS,…)", "zh-Hans": "连续发送（CAS、A&D：ST,GS,…）", "zh-Hant": "連續傳送（CAS、A&D：ST,GS,…）"}, "toledo8217": {"en": "Toledo / Mettler 8217", "zh-Hans": "托利多 8217", "zh-Hant": "托利多 8217"}, "generic": {"en": "Another, by a pattern", "zh-Hans": "其他：按正则表达式", "zh-Hant": "其他：按正規表示式"}}},
    "unit": {"type": "string", "enum": ["kg", "g", "jin", "lb", "oz"], "default": "kg", "title": "Unit, where the scale does not say",
      "x-title": {"en": "Unit, where the scale does not say", "zh-Hans": "单位（秤未标明时）", "zh-Hant": "單位（秤未標明時）"},
      "x-labels": {"kg": {"en": "Kilogram", "zh-Hans": "千克", "zh-Hant": "公斤"}, "g": {"en": "Gram", "zh-Hans": "克", "zh-Hant": "公克"}, "jin": {"en": "Jin (500 g)", "zh-Hans": "斤（500 克）", "zh-Hant": "市斤（500 公克）"}, "lb": {"en": "Pound", "zh-Hans": "磅", "zh-Hant": "磅"}, "oz": {"en": "Ounce", "zh-Hans": "盎司", "zh-Hant": "盎司"}}},
    "decimals": {"type": "integer", "minimum": 0, "maximum": 4, "default": 3, "title": "Decimals, where the scale sends no point (Toledo)",
      "x-title": {"en": "Decimals, where the scale sends no point (Toledo)", "zh-Hans": "小数位数（托利多未发小数点时）", "zh-Hant": "小數位數（托利多未傳小數點時）"}},
    "pattern": {"type": "string", "maxLength": 400, "default": "", "title": "Pattern (another language)", "description": "A regular expression with the group weight and, where the scale says so, unit, sign, stable or moving, overload: (?P<weight>[0-9.]+) *(?P<unit>kg|g)",
      "x-title": {"en": "Pattern (another language)", "zh-Hans": "正则表达式（其他协议）", "zh-Hant": "正規表示式（其他協定）"},
      "x-description": {"en": "A regular expression with the group weight and, where the scale says so, unit, sign, stable or moving, overload: (?P<weight>[0-9.]+) *(?P<unit>kg|g)", "zh-Hans": "须有命名组 weight；秤有标明时还可有 unit、sign、stable 或 moving、overload：(?P<weight>[0-9.]+) *(?P<unit>kg|g)", "zh-Hant": "須有命名群組 weight；秤有標明時還可有 unit、sign、stable 或 moving、overload：(?P<weight>[0-9.]+) *(?P<unit>kg|g)"}},
    "ask": {"type": "string", "maxLength": 40, "default": "", "title": "What asks for a weight (another language)", "description": "Empty for a scale that speaks by itself; \\r and \\x05 for keys that cannot be typed",
      "x-title": {"en": "What asks for a weight (another language)", "zh-Hans": "读取重量的指令（其他协议）", "zh-Hant": "讀取重量的指令（其他協定）"},
      "x-description": {"en": "Empty for a scale that speaks by itself; \\r and \\x05 for keys that cannot be typed", "zh-Hans": "连续发送的秤留空；无法键入的写作 \\r、\\x05", "zh-Hant": "連續傳送的秤留空；無法鍵入的寫作 \\r、\\x05"}},
    "zero": {"type": "string", "maxLength": 40, "default": "", "title": "What sets it to zero (another language)",
      "x-title": {"en": "What sets it to zero (another language)", "zh-Hans": "归零指令（其他协议）", "zh-Hant": "歸零指令（其他協定）"}}`
