# Từ ngữ của cửa khẩu. Khóa: loại từ, rồi chính từ đó; dấu chấm và gạch dưới viết thành gạch nối.

state-draft = Bản nháp
state-submitted = Đã khai báo
state-returned = Yêu cầu bổ sung
state-registered = Đã tiếp nhận
state-arrived = Đã vào khu vực cửa khẩu
state-in-yard = Đã vào bến bãi
state-ready = Đủ điều kiện qua
state-completed = Hoàn thành
state-cancelled = Đã hủy
state-rejected = Từ chối
state-expired = Hết hiệu lực
state-turned-back = Quay đầu
state-transferred = Chuyển cửa khẩu

action-create = Tạo tờ khai
action-amend = Sửa tờ khai
action-submit = Khai báo
action-return = Yêu cầu bổ sung
action-register = Tiếp nhận
action-add-track = Thêm luồng kiểm tra
action-cancel = Hủy tờ khai
action-expire = Hết hiệu lực
action-arrive = Xác nhận vào khu vực cửa khẩu
action-undo-arrive = Hủy xác nhận vào cửa khẩu
action-enter-yard = Cho vào bến bãi
action-move-yard = Chuyển vị trí bến bãi
action-leave-yard = Cho ra khỏi bến bãi
action-turn-back = Cho quay đầu
action-transfer = Chuyển cửa khẩu
action-transfer-in = Nhận chuyển đến
action-reject = Từ chối
action-complete = Xác nhận hoàn thành
action-leave-gate = Xác nhận rời cửa khẩu
action-tractor-returned = Xác nhận đầu kéo đã quay về
action-remark = Ghi chú
action-make-ready = Xác nhận đủ điều kiện qua
action-reopen = Mở lại
action-take-over = Tiếp quản từ hệ thống cũ
action-erase-people = Xóa thông tin lái xe và người đi cùng
action-hold-place = Ra lệnh tạm dừng
action-hold-release = Gỡ lệnh tạm dừng
action-customs-set-lane = Hải quan: phân luồng
action-customs-raise-lane = Hải quan: nâng luồng
action-customs-check-documents = Hải quan: kiểm tra hồ sơ
action-customs-inspect = Hải quan: kiểm tra thực tế hàng hóa
action-customs-clear = Hải quan: thông quan
action-customs-refuse = Hải quan: không chấp nhận thông quan
action-customs-revoke = Hải quan: thu hồi quyết định
action-extend-clock = Gia hạn thời hạn kiểm hóa
action-clock-breach = Quá thời hạn luật định
action-health-pass = Kiểm dịch y tế: đạt
action-health-fail = Kiểm dịch y tế: không đạt
action-health-require-treatment = Kiểm dịch y tế: yêu cầu xử lý
action-health-revoke = Kiểm dịch y tế: thu hồi kết quả
action-animal-quarantine-pass = Kiểm dịch động vật: đạt
action-animal-quarantine-fail = Kiểm dịch động vật: không đạt
action-animal-quarantine-require-treatment = Kiểm dịch động vật: yêu cầu xử lý
action-animal-quarantine-revoke = Kiểm dịch động vật: thu hồi kết quả
action-plant-quarantine-pass = Kiểm dịch thực vật: đạt
action-plant-quarantine-fail = Kiểm dịch thực vật: không đạt
action-plant-quarantine-require-treatment = Kiểm dịch thực vật: yêu cầu xử lý
action-plant-quarantine-revoke = Kiểm dịch thực vật: thu hồi kết quả
action-border-guard-pass = Biên phòng: đạt
action-border-guard-refuse = Biên phòng: không chấp nhận
action-border-guard-revoke = Biên phòng: thu hồi quyết định
action-fee-assess = Phí: thông báo mức thu
action-fee-pay = Phí: xác nhận đã nộp
action-fee-waive = Phí: miễn
action-fee-refund = Phí: hoàn trả
action-transshipment-start = Sang tải: bắt đầu
action-transshipment-finish = Sang tải: kết thúc
action-transshipment-revoke = Sang tải: hủy kết quả

role-declarant = Người khai báo
role-customs-officer = Công chức hải quan
role-border-guard = Bộ đội biên phòng
role-quarantine-officer = Kiểm dịch viên
role-yard-operator = Nhân viên bến bãi
role-fee-collector = Nhân viên thu phí
role-gate-manager = Ban quản lý cửa khẩu
role-analyst = Chuyên viên thống kê
role-auditor = Thanh tra
role-admin = Quản trị hệ thống
role-system = Hệ thống

quarantine-kind-health = Kiểm dịch y tế
quarantine-kind-animal = Kiểm dịch động vật
quarantine-kind-plant = Kiểm dịch thực vật

track-customs = Hải quan
track-health = Kiểm dịch y tế
track-animal-quarantine = Kiểm dịch động vật
track-plant-quarantine = Kiểm dịch thực vật
track-border-guard = Biên phòng
track-fee = Thu phí
track-transshipment = Sang tải

track-state-not-begun = Chưa bắt đầu
track-state-under-way = Đang thực hiện
track-state-done = Đã xong
track-state-failed = Không đạt

lane-green = Luồng xanh
lane-yellow = Luồng vàng
lane-red = Luồng đỏ

means-officer = Công chức kiểm tra
means-scanner = Máy soi
means-laboratory = Phân tích, giám định

result-conforms = Phù hợp khai báo
result-differs = Không phù hợp khai báo

direction-export = Xuất khẩu
direction-import = Nhập khẩu

regime-commercial = Kinh doanh thương mại
regime-temporary-import-re-export = Tạm nhập tái xuất
regime-temporary-export-re-import = Tạm xuất tái nhập
regime-border-gate-transfer = Chuyển cửa khẩu
regime-transit = Quá cảnh

cargo-class-fruit = Hoa quả
cargo-class-general = Hàng hóa khác
cargo-class-new-vehicle = Xe mới
cargo-class-empty = Xe không hàng

vehicle-kind-truck = Xe tải
vehicle-kind-tractor = Xe đầu kéo
vehicle-kind-van = Xe tải van
vehicle-kind-rail-wagon = Toa tàu

document-kind-passport = Hộ chiếu
document-kind-border-pass = Giấy thông hành
document-kind-identity-card = Thẻ căn cước
document-kind-driving-licence = Giấy phép lái xe

gate-kind-road = Đường bộ
gate-kind-rail = Đường sắt

measure-declared = Đã khai báo
measure-registered = Đã tiếp nhận
measure-arrived = Đã vào khu vực cửa khẩu
measure-cleared = Đã thông quan
measure-completed = Đã hoàn thành
measure-completed-kg = Khối lượng đã hoàn thành (kg)
measure-cancelled = Đã hủy
measure-rejected = Bị từ chối
measure-expired = Hết hiệu lực
measure-turned-back = Quay đầu
measure-transferred = Chuyển cửa khẩu đi
measure-transferred-in = Chuyển cửa khẩu đến
measure-left = Đã rời khu vực cửa khẩu
measure-fell-away = Đã tiếp nhận nhưng không đến
measure-clock-breaches = Lượt quá thời hạn luật định
measure-fees-vnd = Phí đã thu (đồng)

field-reason = Lý do
field-reason-code = Mã lý do
field-fields = Các mục cần sửa
field-yard = Bến bãi
field-bay = Vị trí đỗ
field-observed-plate = Biển số thực tế
field-mismatch-reason = Lý do khác biển số
field-crossing-point = Lối thông quan
field-lane = Luồng
field-means = Phương thức kiểm tra
field-result = Kết quả
field-amount-vnd = Số tiền (đồng)
field-receipt = Số biên lai
field-onward-plate = Biển số xe nhận hàng
field-legal-reason = Căn cứ pháp lý
field-hold = Lệnh tạm dừng
field-track = Luồng kiểm tra
field-text = Nội dung
field-until = Đến khi
