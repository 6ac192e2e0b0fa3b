# 问题类型。值：标题；.detail：本次错在哪里、怎样才对；.page：给对接方的说明。

problem-malformed = 无法读取请求
    .detail = 无法读取请求（{ $why }）；请发送格式正确的 UTF-8 JSON。
    .page = 发送的内容格式不正确：JSON 损坏、同一字段出现两次、不是 UTF-8 编码，或地址形式有误。系统未作任何处理。请更正后重发，原样重发仍会被拒绝。
problem-unauthenticated = 未登录
    .detail = 请求未附有效的访问令牌；请重新登录，并在 Authorization 头中以 Bearer 形式发送令牌。
    .page = 此操作需要访问令牌。令牌可能缺失、错误、过期或已撤销，系统不作区分。请用账号密码、刷新令牌或 client_credentials 获取新令牌后重发。
problem-wrong-credentials = 登录信息有误
    .detail = 用户名、密码或刷新令牌有误；请核对后重新登录。
    .page = 用户名和密码、刷新令牌或客户端凭据不属于任何有效账号。系统不说明哪一部分有误。刷新令牌只能使用一次，重复使用将终止整个会话。
problem-forbidden = 无权限
    .detail = 您不能进行此操作。{ $why }
    .page = 系统已识别调用者，但其角色、管辖范围或令牌权限不包括此操作。重发不会改变结果；请使用相应角色的账号或联系系统管理员。
problem-not-found = 未找到
    .detail = 此地址没有内容，或您无权查看；请核对地址和申报号。
    .page = 地址不存在，或记录属于其他企业或其他通道。两种情况的答复相同，以免泄露他人信息。
problem-method-not-allowed = 不支持该方法
    .detail = 此地址只接受以下方法：{ $allowed }。
    .page = 地址存在，但不接受所用的 HTTP 方法。Allow 头列出可用的方法。
problem-not-acceptable = 没有所需的数据格式
    .detail = 无法按 Accept 头答复；可提供的格式：{ $allowed }。
    .page = Accept 头排除了此地址的所有格式。请选用 detail 中列出的格式，或不发送 Accept 头。
problem-illegal-action = 目前无法进行
    .detail = 目前无法“{ $action }”。{ $why }{ $due ->
        [none] {""}
       *[other] 目前须办理：{ $due }
    }
    .page = 申报的状态或记录中的其他情况不允许此操作。offered 字段列出目前对调用者开放的操作。请重新读取申报并从中选择。
problem-on-hold = 扣停中
    .detail = 须待扣停令全部解除后方可“{ $action }”。{ $due }
    .page = 海关或边防已责令车辆停留。扣停期间不得退回、取消、修改、转往他处、掉头返回、离开停车场或通行，申报也不会失效。只有下令机关可以解除。offered 字段列出仍可进行的操作。
problem-gate-closed = 口岸关闭
    .detail = { $why }{ $opens_at ->
        [none] {""}
       *[other] 该车辆自 { $opens_at }（口岸当地时间）起可以进入。
    }
    .page = 根据通道日历，当日不接收车辆，或只接收当日之前已受理的车辆。已知时，opens_at 字段给出该车辆可以进入的时间。日历见 /api/v1/reference/calendars。
problem-vehicle-already-declared = 车辆已申报
    .detail = { $vehicle ->
        [none] 该车辆
       *[other] 车辆 { $vehicle }
    }在同一方向已有另一份有效申报；须先完成或取消该申报。
    .page = 每辆车（注册国和车牌）在每个方向只能有一份有效申报。若另一份申报属于调用者所在企业，declaration 字段会给出其申报号。
problem-receipt-used = 收据号已使用
    .detail = { $kind ->
        [refund] 收据 { $receipt } 已于 { $day } 在 { $crossing_point } 退费。
       *[other] 收据 { $receipt } 已用于 { $day } 在 { $crossing_point } 的另一笔缴费；请填写手中收据上的号码。
    }
    .page = 一个收据号在全省只对应一笔缴费，并且只能退费一次。退费后该号码不能再用：下一笔缴费须使用新的收据。未作任何记录。
problem-idempotency-in-flight = 相同键的请求正在处理
    .detail = 相同 Idempotency-Key 的请求正在处理；请稍候原样重发。
    .page = 该 Idempotency-Key 属于尚未完成的请求。稍后重发将得到该请求的结果，不会重复执行。
problem-already-exists = 已存在
    .detail = { $pointer } 处的值已被使用；请另选，或修改已有记录。
    .page = 同名或同代码的记录已存在。未新建任何内容。
problem-nothing-new = 没有可重新结账的变动
    .detail = 该期间的数字与已签署的第 { $revision } 次结账相同；待有数字变动后再重新结账。
    .page = 只有自上次结账以来有数字发生变动，才能对该期间重新结账；上次的结账仍然有效。
problem-gone = 已不存在
    .detail = 此游标已不可用；请用空游标从头读取。
    .page = 游标是在数据库恢复之前签发的，其后的变更已不可信。请从头同步。
problem-stale = 记录已变更
    .detail = 申报目前为第 { $revision } 版，与 If-Match 不符；请重新读取后再修改。
    .page = 您读取之后记录已被他人修改。ETag 头给出当前版本。请重新读取、应用修改，并以新的 If-Match 发送。
problem-too-large = 内容过大
    .detail = 发送的内容超过 { $limit } 字节；请减少内容或分批发送。
    .page = 内容超出该操作的上限：一般为 256 KiB，批量申报为 64 MiB。系统未作任何处理。
problem-unsupported-media-type = 不接受该内容类型
    .detail = 此处不接受该内容类型；请发送 Content-Type：{ $allowed }。
    .page = 缺少 Content-Type 头，或此地址不读取该类型。
problem-invalid-declaration = 申报不符合规定
    .detail = 申报不符合规定；errors 中逐项列出位置和更正办法。
    .page = 内容可以读取但不符合规定。errors 字段一次列出全部错误：pointer 是指向该项的 JSON Pointer，code 是不变的规则代码，detail 以调用者的语言说明。
problem-invalid-action = 操作内容不符合规定
    .detail = 随操作发送的内容不符合规定；errors 中逐项列出位置和更正办法。
    .page = 该操作对调用者开放，但所附字段缺失或有误。errors 字段一次列出全部错误。
problem-invalid-request = 请求不符合规定
    .detail = 请求的参数或内容有误；errors 中逐项列出位置和更正办法。
    .page = 参数或字段不在接口约定之内、缺失，或取值不被接受。errors 字段一次列出全部错误。
problem-idempotency-mismatch = 该键已用于其他请求
    .detail = 此 Idempotency-Key 曾用于不同内容；新请求请使用新键。
    .page = 7 天内每个 Idempotency-Key 只对应一份内容。同一键附不同内容通常是调用方的错误。
problem-precondition-required = 缺少 If-Match
    .detail = 修改须说明所依据的版本；请附上 If-Match，其值为读取时的 ETag。
    .page = 为避免覆盖他人的修改，修改请求须附 If-Match，其值为最近一次读取的 ETag。
problem-too-many-requests = 尝试次数过多
    .detail = 尝试次数过多；请在 { $seconds } 秒后再试。
    .page = 一段时间内的尝试次数超过上限。Retry-After 头给出需等待的秒数。
problem-internal = 系统错误
    .detail = 系统处理请求时出错；请重试，若仍出错请将 request_id 告知系统管理员。
    .page = 错误在服务一方，与请求无关。原因已按 request_id 记录。使用相同 Idempotency-Key 重发是安全的。
problem-unavailable = 暂时无法提供服务
    .detail = 服务繁忙或无法连接数据库；请稍后再试。
    .page = 服务暂时无法处理请求。Retry-After 头给出需等待的秒数。使用相同 Idempotency-Key 重发是安全的。
