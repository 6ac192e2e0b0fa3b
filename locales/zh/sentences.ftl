# 为何不能，以及下一步由谁办理。

why-role = { $roles ->
    [none] 您的角色不能进行此操作；请由有权限的人员办理。
   *[other] 此操作由以下角色办理：{ $roles }。您的角色是：{ $role }。
}
why-firm = 该申报属于其他企业；只有申报企业可以办理。
why-firm-disabled = 您的企业已被停用；请联系系统管理员。
why-quarantine-kind = 此操作属于其他检疫类别；须由该类别的检疫人员办理。
why-yard = 车辆所在停车场不由您负责；须由该场管理员办理。
why-oauth-scope = 访问令牌的权限（scope）不包括此操作；请申请具有相应权限的令牌。
why-crossing-point = 该通道不在您的管辖范围内；请选择您负责的通道。
why-state = 该申报目前为“{ $state }”；只有在以下状态才能办理：{ $from }。{ $way ->
    [none] {""}
   *[other] “{ $way }”（{ $who }）后即可转入该状态。
}{ $ended ->
    [yes] 该申报已终结，不能再变更；可添加备注，或重新申报该车辆。
   *[none] {""}
}
why-track-not-required = 该申报不需要此查验环节；如确有需要，须先由口岸管理人员增加。
why-not-in-a-yard = 车辆不在停车场内；须先入场。
why-in-a-yard = 车辆仍在停车场内；须先离场。
why-exists = 申报已存在；不能重复建立。
why-not-due = 尚未到期；须满规定天数后才会失效。
why-no-people = 申报单中没有驾驶员和随车人员信息，或该信息已被删除。
why-closed = 该通道当日关闭；请于开放日办理。
why-pre-registered-only = 当日该通道只接收此前已受理的车辆。
why-no-inspection-due = 该申报没有到期的查验；只有红色通道、车辆已到达且尚未查验时才能延期。
why-extended-already = 时限已经延长过；法律只允许延长一次。
why-ran-out-already = 时限已过，不能再延长。
why-all-tracks-required = 所有查验环节均已要求；没有可增加的环节。
why-something-done-since = 确认进入口岸后已有其他操作，不能再撤销；可添加备注，或令车辆掉头返回。
why-own-track-not-failed = 只有本类检疫不合格时才能拒绝；请先登记不合格结果。
why-never-arrived = 车辆从未进入口岸区域，无需确认离开。
why-left-already = 车辆离开口岸区域已经确认；无需再办理。
why-no-transshipment = 货物尚未换装；须先完成换装。
why-transshipped-elsewhere = 换装是在原通道完成的；请在原申报上确认牵引车返回。
why-returned-already = 牵引车返回已经确认；无需再办理。
why-not-all-done = 仍有查验环节未完成或有扣停令。
why-all-done = 所需查验环节均已完成，且没有扣停令。
why-no-hold-of-yours = 没有贵机关下达的扣停令；扣停令只能由下令机关解除。
why-lane-given = 已分配查验等级；只能说明理由后提高。
why-no-lane = 尚未分配查验等级；须先分配。
why-no-customs-declaration = 未注明报关单号；请退回申报，由企业补充。
why-lane-is-red = 已是红色通道；没有更高等级。
why-lane-is-green = 绿色通道无需审核单证；可直接放行，确需审核时请先提高等级。
why-lane-is-not-red = 只有红色通道才查验货物；如有需要，请先提高到红色通道。
why-documents-checked = 单证已审核；如需重新审核，请作出决定后再撤销。
why-documents-not-checked = 单证尚未审核；黄色和红色通道须先审核单证方可放行。
why-inspected = 货物已查验且相符；如需重新查验，请作出决定后再撤销。
why-not-inspected = 货物尚未查验；红色通道须查验相符后方可放行。
why-goods-differ = 查验结果与申报不符；请重新查验或不予放行。
why-not-decided = 尚未作出决定，没有可撤销的内容。
why-decided = 此环节已作出决定；如需重新决定，须先说明理由予以撤销。
why-not-begun = 此环节尚未开始，没有可撤销的内容。
why-transshipment-not-begun = 换装尚未开始；须先开始换装。
why-transshipment-under-way = 换装正在进行；完成后请登记接运车车牌。
why-transshipment-finished = 换装已完成；如需重做，须先说明理由撤销换装。
why-paid = 费用已缴纳；如需变更，须先说明理由退费。
why-waived = 费用已免除；如属误免，请重新核定费用。
why-not-assessed = 费用尚未核定；须先核定再收费。
why-not-paid = 没有已缴纳的费用，无需退费。
why-fee-transferred = 费用已随车辆转到其他通道；须在该处的申报上办理退费。

next-submit = { $who }：完善并提交申报。
next-correct = { $who }：按要求补正后重新提交申报。
next-register = { $who }：审核并受理申报。
next-arrive = { $who }：车辆进入口岸区域时予以确认。
next-return-for-customs-declaration = { $who }：退回申报，由企业补充报关单号。
next-turn-back = { $who }：因未注明报关单，责令车辆掉头返回。
next-set-lane = { $who }：分配查验等级。
next-check-documents = { $who }：审核单证。
next-inspect = { $who }：查验货物。
next-settle-difference = { $who }：货物与申报不符，再次查验或不予放行。
next-clear = { $who }：作出放行决定。
next-reject = { $who }：拒绝车辆，或撤销不合格结果。
next-examine = { $who }：检查并作出结论。
next-conclude-treatment = { $who }：处理完毕后作出结论。
next-check-papers = { $who }：检查人员和车辆证件。
next-assess-fee = { $who }：核定费用。
next-collect-fee = { $who }：收费并登记收据号。
next-enter-yard = { $who }：安排车辆进入停车场换装。
next-start-transshipment = { $who }：开始换装。
next-finish-transshipment = { $who }：完成换装并登记接运车车牌。
next-release-hold = { $who }：处理并解除扣停令。
next-leave-yard = { $who }：安排车辆离开停车场。
next-complete = { $who }：确认车辆已通行。
next-leave-gate = { $who }：确认车辆离开口岸区域。
next-tractor-returned = { $who }：确认外国牵引车已返回。

page-problems-title = 问题类型
page-problems-about = 接口的每个错误都在 type 字段中给出下列页面之一的地址。
page-problem-status = HTTP 状态码
page-all-problems = 所有问题类型

hold-meaning-goes-on = 扣停期间仍可进行。
hold-meaning-stops = 所有扣停令解除后方可进行。
hold-meaning-goes-on-for-holder = 仅限下达全部现有扣停令的角色进行。
