# 口岸用语。键由词类和词本身组成，点和下划线写作连字符。

state-draft = 草稿
state-submitted = 已申报
state-returned = 退回补正
state-registered = 已受理
state-arrived = 已进入口岸区域
state-in-yard = 已进入停车场
state-ready = 具备通行条件
state-completed = 已完成
state-cancelled = 已取消
state-rejected = 已拒绝
state-expired = 已失效
state-turned-back = 已掉头返回
state-transferred = 已转往其他通道

action-create = 新建申报
action-amend = 修改申报
action-submit = 提交申报
action-return = 退回补正
action-register = 受理
action-add-track = 增加查验环节
action-cancel = 取消申报
action-expire = 失效
action-arrive = 确认进入口岸区域
action-undo-arrive = 撤销进入确认
action-enter-yard = 安排进入停车场
action-move-yard = 调整停车位置
action-leave-yard = 确认离开停车场
action-turn-back = 责令掉头返回
action-transfer = 转往其他通道
action-transfer-in = 接收转入
action-reject = 拒绝
action-complete = 确认通行完成
action-leave-gate = 确认离开口岸区域
action-tractor-returned = 确认牵引车已返回
action-remark = 备注
action-make-ready = 确认具备通行条件
action-reopen = 重新开启
action-take-over = 从旧系统接收
action-erase-people = 删除驾驶员及随车人员信息
action-hold-place = 下达扣停令
action-hold-release = 解除扣停令
action-customs-set-lane = 海关：分配查验等级
action-customs-raise-lane = 海关：提高查验等级
action-customs-check-documents = 海关：审核单证
action-customs-inspect = 海关：查验货物
action-customs-clear = 海关：放行
action-customs-refuse = 海关：不予放行
action-customs-revoke = 海关：撤销决定
action-extend-clock = 延长查验时限
action-clock-breach = 法定时限已过
action-health-pass = 卫生检疫：合格
action-health-fail = 卫生检疫：不合格
action-health-require-treatment = 卫生检疫：要求处理
action-health-revoke = 卫生检疫：撤销结果
action-animal-quarantine-pass = 动物检疫：合格
action-animal-quarantine-fail = 动物检疫：不合格
action-animal-quarantine-require-treatment = 动物检疫：要求处理
action-animal-quarantine-revoke = 动物检疫：撤销结果
action-plant-quarantine-pass = 植物检疫：合格
action-plant-quarantine-fail = 植物检疫：不合格
action-plant-quarantine-require-treatment = 植物检疫：要求处理
action-plant-quarantine-revoke = 植物检疫：撤销结果
action-border-guard-pass = 边防：通过
action-border-guard-refuse = 边防：不予通过
action-border-guard-revoke = 边防：撤销决定
action-fee-assess = 费用：核定
action-fee-pay = 费用：确认缴纳
action-fee-waive = 费用：免除
action-fee-refund = 费用：退还
action-transshipment-start = 换装：开始
action-transshipment-finish = 换装：完成
action-transshipment-revoke = 换装：撤销

role-declarant = 申报人
role-customs-officer = 海关关员
role-border-guard = 边防人员
role-quarantine-officer = 检疫人员
role-yard-operator = 停车场管理员
role-fee-collector = 收费员
role-gate-manager = 口岸管理人员
role-analyst = 统计人员
role-auditor = 监察人员
role-admin = 系统管理员
role-system = 系统

quarantine-kind-health = 卫生检疫
quarantine-kind-animal = 动物检疫
quarantine-kind-plant = 植物检疫

track-customs = 海关
track-health = 卫生检疫
track-animal-quarantine = 动物检疫
track-plant-quarantine = 植物检疫
track-border-guard = 边防
track-fee = 收费
track-transshipment = 换装

track-state-not-begun = 未开始
track-state-under-way = 进行中
track-state-done = 已完成
track-state-failed = 未通过

lane-green = 绿色通道
lane-yellow = 黄色通道
lane-red = 红色通道

means-officer = 人工查验
means-scanner = 机检
means-laboratory = 化验鉴定

result-conforms = 与申报相符
result-differs = 与申报不符

direction-export = 出口
direction-import = 进口

regime-commercial = 一般贸易
regime-temporary-import-re-export = 暂时进口复出口
regime-temporary-export-re-import = 暂时出口复进口
regime-border-gate-transfer = 转关
regime-transit = 过境

cargo-class-fruit = 水果
cargo-class-general = 其他货物
cargo-class-new-vehicle = 新车
cargo-class-empty = 空车

vehicle-kind-truck = 货车
vehicle-kind-tractor = 牵引车
vehicle-kind-van = 厢式货车
vehicle-kind-rail-wagon = 铁路车辆

document-kind-passport = 护照
document-kind-border-pass = 边境通行证
document-kind-identity-card = 身份证
document-kind-driving-licence = 驾驶证

gate-kind-road = 公路
gate-kind-rail = 铁路

measure-declared = 已申报
measure-registered = 已受理
measure-arrived = 已进入口岸区域
measure-cleared = 海关已放行
measure-completed = 已通行
measure-completed-kg = 已通行毛重（千克）
measure-cancelled = 已取消
measure-rejected = 已拒绝
measure-expired = 已失效
measure-turned-back = 已掉头返回
measure-transferred = 转出
measure-transferred-in = 转入
measure-left = 已离开口岸区域
measure-fell-away = 已受理未到达
measure-clock-breaches = 超过法定时限次数
measure-fees-vnd = 已收费用（越南盾）

field-reason = 理由
field-reason-code = 理由代码
field-fields = 需更正的项目
field-yard = 停车场
field-bay = 车位
field-observed-plate = 实际车牌
field-mismatch-reason = 车牌不符的理由
field-crossing-point = 通道
field-lane = 查验等级
field-means = 查验方式
field-result = 结果
field-amount-vnd = 金额（越南盾）
field-receipt = 收据号
field-onward-plate = 接运车车牌
field-legal-reason = 法律依据
field-hold = 扣停令
field-track = 查验环节
field-text = 内容
field-until = 截止时间
