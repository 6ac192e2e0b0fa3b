# 规则：错在哪里，怎样才对。

rule-required = 此项必填。
rule-empty = 此项不能为空。
rule-too-long = 内容过长，最多 { $max } 个字符。
rule-nul-character = 内容含有 NUL 字符，请删除。
rule-unknown-field = 此处没有该字段{ $allowed ->
    [none] 。
   *[other] ；可用字段：{ $allowed }。
}
rule-unknown-word = { $given ->
    [none] 不接受此值
   *[other] 不接受“{ $given }”
}；请使用以下之一：{ $allowed }。
rule-wrong-type = 值的类型不对，应为{ $wanted ->
    [text] 文本
    [object] 对象
    [list] 列表
    [number] 数字
    [whole-number] 整数
    [true-or-false] {" "}true 或 false
    [time] 时间，如 2025-03-31T02:00:00Z
    [day] 日期，如 2025-03-31
    [none] 约定的类型
   *[other] { $wanted }
}。
rule-duplicate = 此值与 { $first } 处重复，每个值只填一次。
rule-not-amendable-now = { $when ->
    [returned] 须待口岸退回申报后方可修改此项；目前只能修改车辆、驾驶员、随行人员和预计到达时间。
   *[none] 此项不能修改，请保持原值；如有错误，请取消申报后重新申报。
}
rule-action-not-ordered = 操作“{ $given }”不能在此发送：由系统自动进行或另有地址。
rule-idempotency-key-format = Idempotency-Key 须为 1 至 255 个可打印字符。
rule-limit-range = limit 须在 1 至 { $maximum } 之间。
rule-number-range = 必须是 { $minimum } 到 { $maximum } 之间的整数。

rule-arrival-out-of-range = 预计到达时间不得早于现在 24 小时以上，也不得晚于 { $days } 天之后。
rule-crossing-point-unknown = 没有此代码的通道，请使用 /api/v1/crossing-points 中的代码。
rule-same-crossing-point = 车辆已在此通道，请选择其他通道。
rule-other-kind-of-gate = 车辆类型与通道不符：铁路车辆只能经铁路口岸，汽车只能经公路口岸。
rule-country-unknown = 没有代码为 { $country } 的国家，请使用 ISO 3166 两位字母代码，如 VN、CN。
rule-firm-unknown = 没有税号为{ $tax_code ->
    [none] 此号
   *[other] {" "}{ $tax_code }{" "}
}的企业，请核对，或先登记该企业。
rule-firm-not-named = 此行未注明企业，请补充申报企业的税号。
rule-tax-code-format = 税号为 10 位数字，可加连字符和 001 至 999 的 3 位数字，或为 12 位个人识别号。
rule-tax-code-check-digit = 税号校验位不符，请逐位核对。

rule-plate-format = 车牌{ $plate ->
    [none] {""}
   *[other] {" "}{ $plate }{" "}
}不符合{ $country ->
    [VN] 越南车牌格式；正确示例：12C12345，挂车 51R14139。
    [CN] 中国车牌格式；正确示例：桂F12345、京AD80234。
   *[other] 格式；车牌由 3 至 12 个拉丁字母和数字组成。
}
rule-plate-unusual = 车牌 { $plate } 的双字母序列未能确认，请核对；不影响提交申报。
rule-other-plate = 实际车牌 { $seen } 与预期车牌 { $expected } 不同，请说明理由或更正车牌。
rule-onward-plate-format = 接运车车牌不是越南或中国车牌格式；正确示例：12C12345、桂F12345。
rule-onward-is-declared = 接运车不能是所申报的车辆。
rule-container-format = 集装箱号 { $container } 格式不对：四个字母（第四个为 U、J 或 Z）加七位数字。
rule-container-check-digit = 集装箱 { $container } 的校验位不符（ISO 6346），请核对。
rule-vin-format = 车辆识别代号为 17 位字母和数字，不含 I、O、Q。
rule-wagon-has-no-plate = 铁路车辆没有车牌，请使用 wagon_number。
rule-wagon-has-no-driver = 铁路车辆没有驾驶员，请删除此项。
rule-wagon-number-format = 铁路车号为 4 至 12 位数字。
rule-road-vehicle-has-no-wagon-number = 公路车辆没有铁路车号，请使用车牌。
rule-vehicle-already-declared = 该车辆在同一方向已有有效申报，请先完成或取消该申报。

rule-mrz-check-digit = 护照机读码校验位不符{ $part ->
    [none] {""}
   *[other] （{ $part }）
}，请按护照原样抄录。
rule-mrz-format = 护照机读码为两行，每行 44 个字符，以 P 开头。
rule-mrz-of-a-passport-only = 只有护照才有机读码，请删除此项。

rule-hs-code-format = HS 编码须为 8 位数字。
rule-quantity-out-of-range = 数量须大于 0。
rule-mass-out-of-range = { $max ->
    [none] 重量须在 1 至 200000 千克之间。
   *[other] 一辆车的总毛重不得超过 { $max } 千克。
}
rule-empty-carries-nothing = 空车没有货物、报关单和换装，请删除这些项或选择其他货物类别。
rule-fruit-is-chapter-7-or-8 = 水果类只限第 07 或 08 章货物，请更正 HS 编码或货物类别。
rule-new-vehicle-is-chapter-87-import = 新车类只限第 87 章进口货物，请更正 HS 编码、方向或货物类别。
rule-customs-declaration-format = 报关单号须为 12 位数字。
rule-customs-type-unknown = 类型代码 { $code } 不在目录中，请核对；不影响提交申报。
rule-customs-type-other-direction = 类型代码 { $code } 属于{ $direction ->
    [export] 出口
    [import] 进口
   *[other] 相反方向
}，请更正代码或方向。

rule-yard-unknown = 没有此代码的停车场，请使用目录中的代码。
rule-yard-elsewhere = 该停车场属于其他通道，请选择本通道的停车场。
rule-yard-not-yours = 该停车场不由您负责，请选择您的停车场。
rule-bay-unknown = 该停车场没有此车位；现有车位：{ $known }。
rule-slot-not-an-hour = 时段以其开始的整点表示，例如 2025-03-31T02:00:00Z。
rule-slot-not-given = 该通道在此时段不接收车辆，请从时段列表中选择。
rule-slot-over = 该时段已过，请选择较晚的时段。
rule-slot-needs-earlier-registration = 该时段当日通道只接收此前已受理的车辆，请选择之后日期的时段。
rule-track-required-already = 该查验环节已被要求，请选择其他环节。
rule-hold-unknown = 没有此项有效的扣停令，请使用 holds 中的编号。
rule-hold-of-another-agency = 扣停令由其他机关下达，只有该机关可以解除。
rule-lane-below-floor = 查验等级不得低于先前所定（{ $floor ->
    [green] 绿色
    [yellow] 黄色
    [red] 红色
   *[other] { $floor }
}）。
rule-lane-not-higher = 新的查验等级须高于当前等级。
rule-amount-out-of-range = 金额须为 0 至 { $max } 的整数越南盾。
rule-fee-differs = 按费率应收 { $proposed } 盾，所填为 { $given } 盾；请在 reason 中说明理由，或不填金额。
rule-fee-empty-vehicle = 空车没有可按费率计收的货物；请填写金额，或免收。
rule-fee-by-rail = 费率适用于公路车辆，而这是铁路车皮；请填写金额，或免收。
rule-fee-no-tariff = { $day } 没有生效的费率；请填写金额，或请人录入当日的费率。
rule-fee-no-rate = 该贸易方式下的货物 { $hs_code } 没有费率；请填写金额，或请人录入费率。
rule-fee-beyond-most = 按费率应收的金额超过可核定的上限 { $max } 盾；请核对货物重量和费率，并填写金额。
rule-receipt-used = 收据 { $receipt } 已用于 { $day } 在 { $crossing_point } 的另一笔缴费；请核对号码。

rule-json-syntax = 此行不是格式正确的 JSON：{ $why }。
rule-csv-quote-open = 双引号未闭合，请补上。
rule-csv-after-quote = 第 { $cell } 格的结束引号之后有 { $found }，其后只能是分隔符或行尾。
rule-csv-cell-count = 此行有 { $found } 格，而表头有 { $expected } 列，两者须相等。
rule-duplicate-column = 列 { $column } 出现两次，每列只列一次。
rule-unknown-column = 没有名为 { $column } 的列，请使用模板中的列名。
rule-column-missing = 缺少列 { $column }。
rule-line-too-long = 此行超过 { $max } 字节。
rule-not-utf-8 = 第 { $byte } 个字节不是 UTF-8，请以 UTF-8 保存文件。
rule-unreadable = 无法读取此行：{ $why }。
rule-not-written = 因系统错误此行未写入，请重新发送。
rule-draft-not-taken-over = 草稿不予接收，只接收已申报的记录。
rule-stamp-required = 须有此时间（因 { $because }）。
rule-stamp-not-in-state = 状态为 { $state } 的申报没有此时间，请删除或更正状态。
rule-stamp-in-future = 时间在将来，须为已过去的时间。
rule-stamp-too-early = 时间过早，请核对年份。
rule-stamps-out-of-order = 此时间不得早于 { $before }。
rule-history = 历史记录不一致：{ $why }。

rule-username-format = 用户名须为 3 至 64 个字母、数字、点、连字符或下划线，首尾须为字母或数字。
rule-own-account = 您不能停用自己的账号或放弃自己的管理员角色，请由其他管理员办理。
rule-name-format = 名称须为 1 至 200 个字符，首尾不得有空格，不得含控制字符。
rule-list-empty = 此列表不能为空，请至少填一个代码，或删除此项。
rule-not-for-role = 此项不适用于角色 { $role }，请删除此项或更换角色。
rule-role-of-nobody = 角色 { $role } 仅供系统自身使用，请选择其他角色。
rule-password-short = 密码过短，至少 { $minimum } 个字符。
rule-password-long = 密码过长，最多 { $maximum } 个字符。
rule-password-common = 密码过于简单，请另选。

rule-quarter-format = “{ $given }”不是有效的季度，请写作 2025-Q1。
rule-period-format = “{ $given }”不是统计期间；日写作 2025-03-31，周写作 2025-W13，月写作 2025-03，季度写作 2025-Q1，年写作 2025，任意区间写作 2025-03-01..2025-03-15。
rule-period-not-over = 该期间尚未结束；自 { $over } 起可以结账。
rule-period-not-of-the-calendar = 任意区间不能结账；请对日、周、月、季度或年结账。
rule-span-backwards = 结束日期 { $to } 须晚于开始日期 { $from }。
rule-span-too-long = 时间跨度过长，最多 { $max } 天。
rule-answer-too-long = 结果将有 { $rows } 行，最多 { $max } 行。请缩短时间跨度、改用更长的周期或减少维度。
rule-instant-in-future = 该时刻尚未到来，请查询不晚于当前（{ $now }）的时刻。
rule-at-for-devices-alone = 只有以机器客户端登录的机关设备才能说明操作时间；请去掉此项。
rule-at-in-future = 设备时钟偏快：现在是 { $now }（UTC）。请校准时钟。
rule-at-too-old = 该操作已超过 { $days } 天，设备不能再补报。请由工作人员登记。
rule-at-too-early = 该操作不可能早于 { $stamp }（{ $since }，UTC）；请检查设备时钟。

rule-reference-unusable = 此条目与其他基础数据不一致，无法使用：{ $why }。
rule-code-form = 代码为 1 至 { $max } 个字符，首尾不得有空格。
rule-pass-not-ours = 这不是本口岸的通行证：已损坏、系伪造，或由未知密钥签名。
rule-pass-of-another = 与所扫通行证不符：该证属于 { $number }。
rule-sequence-not-rising = 每个序号必须是大于前一个（{ $last }）的整数。
rule-list-too-long = 列表过长；每次最多 { $max } 条。
rule-extension-range = 新的时限须晚于 { $from }，且不得晚于 { $to }（口岸当地时间）。
rule-outside-opening-hours = 预计到达时间通道不开放{ $next ->
    [none] ，其后一年内也不开放。
   *[other] ；最早可行时间为 { $next }（口岸当地时间）。
}
rule-arrival-needs-earlier-registration = 该日通道只接收此前已受理的车辆{ $next ->
    [none] 。
   *[other] ；最早可行时间为 { $next }（口岸当地时间）。
}
rule-batch-too-long = 一批最多 { $max } 行；其余请另发一批。
rule-history-by-import-alone = 批量只接收申报；旧系统的记录须在服务器上用 border-gate import 导入。
rule-wait-range = wait 须为不超过 { $max } 的整数秒。
