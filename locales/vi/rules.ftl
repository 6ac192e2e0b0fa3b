# Các quy tắc: sai ở đâu và thế nào là đúng.

rule-required = Mục này bắt buộc phải có.
rule-empty = Mục này không được để trống.
rule-too-long = Nội dung quá dài; tối đa { $max } ký tự.
rule-nul-character = Nội dung chứa ký tự NUL; hãy bỏ ký tự đó.
rule-unknown-field = Mục này không có ở đây{ $allowed ->
    [none] .
   *[other] ; các mục được nhận: { $allowed }.
}
rule-unknown-word = { $given ->
    [none] Giá trị này không được nhận
   *[other] Giá trị “{ $given }” không được nhận
}; hãy dùng một trong: { $allowed }.
rule-wrong-type = Giá trị sai kiểu; cần { $wanted ->
    [text] chuỗi ký tự
    [object] một đối tượng
    [list] một danh sách
    [number] một số
    [whole-number] một số nguyên
    [true-or-false] true hoặc false
    [time] thời điểm dạng 2025-03-31T02:00:00Z
    [day] một ngày dạng 2025-03-31
    [none] một giá trị đúng kiểu
   *[other] { $wanted }
}.
rule-duplicate = Giá trị này trùng với giá trị ở { $first }; mỗi giá trị chỉ nêu một lần.
rule-not-amendable-now = { $when ->
    [returned] Mục này chỉ sửa được sau khi cửa khẩu trả tờ khai để bổ sung; hiện chỉ sửa được phương tiện, lái xe, người đi cùng và giờ dự kiến đến.
   *[none] Mục này không sửa được; hãy giữ nguyên, hoặc nếu khai sai thì hủy tờ khai và khai báo lại.
}
rule-action-not-ordered = Thao tác “{ $given }” không gửi được ở đây; hệ thống tự thực hiện hoặc có địa chỉ riêng.
rule-idempotency-key-format = Idempotency-Key phải gồm 1 đến 255 ký tự in được.
rule-limit-range = limit phải từ 1 đến { $maximum }.
rule-number-range = Giá trị phải là số nguyên từ { $minimum } đến { $maximum }.

rule-arrival-out-of-range = Giờ dự kiến đến không được sớm hơn hiện tại quá 24 giờ và không muộn hơn { $days } ngày tới.
rule-crossing-point-unknown = Không có lối thông quan mang mã này; hãy dùng mã trong danh mục /api/v1/crossing-points.
rule-same-crossing-point = Phương tiện đang ở chính lối thông quan này; hãy chọn lối khác.
rule-other-kind-of-gate = Loại phương tiện không phù hợp với lối thông quan: toa tàu chỉ qua cửa khẩu đường sắt, xe chỉ qua cửa khẩu đường bộ.
rule-country-unknown = Không có nước mang mã { $country }; hãy dùng mã hai chữ theo ISO 3166, ví dụ VN, CN.
rule-firm-unknown = Không có doanh nghiệp mang mã số thuế { $tax_code ->
    [none] này
   *[other] { $tax_code }
}; hãy kiểm tra lại hoặc đăng ký doanh nghiệp trước.
rule-firm-not-named = Dòng này không nêu doanh nghiệp; hãy thêm mã số thuế của doanh nghiệp khai báo.
rule-tax-code-format = Mã số thuế phải gồm 10 chữ số, có thể thêm gạch nối và 3 chữ số từ 001 đến 999, hoặc là số định danh cá nhân 12 chữ số.
rule-tax-code-check-digit = Chữ số kiểm tra của mã số thuế không đúng; hãy kiểm tra lại từng chữ số.

rule-plate-format = Biển số { $plate ->
    [none] {""}
   *[other] { $plate }{" "}
}không đúng mẫu{ $country ->
    [VN] {" "}của Việt Nam; ví dụ đúng: 12C12345, rơ moóc 51R14139.
    [CN] {" "}của Trung Quốc; ví dụ đúng: 桂F12345, 京AD80234.
   *[other] ; biển số gồm 3 đến 12 chữ cái Latinh và chữ số.
}
rule-plate-unusual = Chưa xác nhận được sê ri hai chữ cái của biển số { $plate }; hãy kiểm tra lại, tờ khai vẫn gửi được.
rule-other-plate = Biển số thực tế { $seen } khác biển số dự kiến { $expected }; hãy nêu lý do hoặc sửa biển số.
rule-onward-plate-format = Biển số xe nhận hàng không đúng mẫu của Việt Nam hay Trung Quốc; ví dụ đúng: 12C12345, 桂F12345.
rule-onward-is-declared = Xe nhận hàng phải khác phương tiện đã khai báo.
rule-container-format = Số container { $container } không đúng mẫu: bốn chữ cái (chữ thứ tư là U, J hoặc Z) và bảy chữ số.
rule-container-check-digit = Chữ số kiểm tra của container { $container } không đúng; hãy kiểm tra lại theo ISO 6346.
rule-vin-format = Số khung phải gồm 17 chữ cái và chữ số, không có I, O, Q.
rule-wagon-has-no-plate = Toa tàu không có biển số; hãy dùng wagon_number.
rule-wagon-has-no-driver = Toa tàu không có lái xe; hãy bỏ mục này.
rule-wagon-number-format = Số toa tàu phải gồm 4 đến 12 chữ số.
rule-road-vehicle-has-no-wagon-number = Xe đường bộ không có số toa; hãy dùng biển số.
rule-vehicle-already-declared = Phương tiện đang có tờ khai còn hiệu lực theo cùng chiều; hãy hoàn thành hoặc hủy tờ khai đó trước.

rule-mrz-check-digit = Chữ số kiểm tra trong dòng mã đọc máy của hộ chiếu không đúng{ $part ->
    [none] {""}
   *[other] {" "}({ $part })
}; hãy chép lại đúng như trên hộ chiếu.
rule-mrz-format = Dòng mã đọc máy của hộ chiếu phải gồm hai dòng, mỗi dòng 44 ký tự, bắt đầu bằng P.
rule-mrz-of-a-passport-only = Chỉ hộ chiếu mới có dòng mã đọc máy; hãy bỏ mục này.

rule-hs-code-format = Mã HS phải gồm đúng 8 chữ số.
rule-quantity-out-of-range = Số lượng phải lớn hơn 0.
rule-mass-out-of-range = { $max ->
    [none] Khối lượng phải từ 1 đến 200000 kg.
   *[other] Tổng khối lượng cả bì của một phương tiện không được vượt quá { $max } kg.
}
rule-empty-carries-nothing = Xe không hàng thì không có hàng hóa, tờ khai hải quan và sang tải; hãy bỏ các mục đó hoặc chọn nhóm hàng khác.
rule-fruit-is-chapter-7-or-8 = Nhóm hoa quả chỉ gồm hàng thuộc Chương 07 hoặc 08; hãy sửa mã HS hoặc nhóm hàng.
rule-new-vehicle-is-chapter-87-import = Nhóm xe mới chỉ dùng cho nhập khẩu hàng thuộc Chương 87; hãy sửa mã HS, chiều hoặc nhóm hàng.
rule-customs-declaration-format = Số tờ khai hải quan phải gồm 12 chữ số.
rule-customs-type-unknown = Chưa có mã loại hình { $code } trong danh mục; hãy kiểm tra lại, tờ khai vẫn gửi được.
rule-customs-type-other-direction = Mã loại hình { $code } thuộc chiều { $direction ->
    [export] xuất khẩu
    [import] nhập khẩu
   *[other] ngược lại
}; hãy sửa mã loại hình hoặc chiều.

rule-yard-unknown = Không có bến bãi mang mã này; hãy dùng mã trong danh mục.
rule-yard-elsewhere = Bến bãi này thuộc lối thông quan khác; hãy chọn bến bãi của lối thông quan này.
rule-yard-not-yours = Bạn không phụ trách bến bãi này; hãy chọn bến bãi của mình.
rule-bay-unknown = Bến bãi này không có vị trí đỗ đó; các vị trí có: { $known }.
rule-slot-not-an-hour = Khung giờ được nêu bằng giờ chẵn lúc bắt đầu, ví dụ 2025-03-31T02:00:00Z.
rule-slot-not-given = Lối thông quan không nhận phương tiện theo khung giờ này; hãy chọn trong danh sách khung giờ.
rule-slot-over = Khung giờ này đã qua; hãy chọn giờ muộn hơn.
rule-slot-needs-earlier-registration = Ngày của khung giờ này lối thông quan chỉ tiếp nhận phương tiện đã đăng ký từ trước; hãy chọn giờ của ngày sau.
rule-track-required-already = Luồng kiểm tra này đã được yêu cầu; hãy chọn luồng khác.
rule-hold-unknown = Không có lệnh tạm dừng này đang còn hiệu lực; hãy dùng số lệnh nêu trong holds.
rule-hold-of-another-agency = Lệnh tạm dừng do cơ quan khác ra; chỉ cơ quan đó mới gỡ được.
rule-lane-below-floor = Luồng không được thấp hơn luồng đã phân trước đó ({ $floor ->
    [green] xanh
    [yellow] vàng
    [red] đỏ
   *[other] { $floor }
}).
rule-lane-not-higher = Luồng mới phải cao hơn luồng hiện tại.
rule-amount-out-of-range = Số tiền phải là số đồng nguyên từ 0 đến { $max }.
rule-fee-differs = Mức thu theo biểu phí là { $proposed } đồng, mức đã nhập là { $given } đồng; hãy nêu lý do trong reason hoặc bỏ trống số tiền.
rule-fee-empty-vehicle = Phương tiện rỗng, không có hàng hóa để áp mức thu; hãy nhập số tiền hoặc miễn phí.
rule-fee-by-rail = Biểu phí áp dụng cho phương tiện đường bộ, còn đây là toa xe đường sắt; hãy nhập số tiền hoặc miễn phí.
rule-fee-no-tariff = Ngày { $day } không có mức thu nào có hiệu lực; hãy nhập số tiền hoặc đề nghị cập nhật biểu phí của ngày đó.
rule-fee-no-rate = Biểu phí không có mức thu cho hàng hóa { $hs_code } theo loại hình này; hãy nhập số tiền hoặc đề nghị bổ sung mức thu.
rule-fee-beyond-most = Mức thu theo biểu phí vượt { $max } đồng là mức cao nhất được thông báo; hãy kiểm tra khối lượng hàng và biểu phí, rồi nhập số tiền.
rule-receipt-used = Biên lai { $receipt } đã dùng cho một lần nộp phí khác ngày { $day } tại { $crossing_point }; hãy kiểm tra lại số biên lai.

rule-json-syntax = Dòng này không phải JSON đúng cú pháp: { $why }.
rule-csv-quote-open = Dấu nháy kép mở mà không đóng; hãy đóng dấu nháy.
rule-csv-after-quote = Sau dấu nháy đóng ở ô { $cell } có ký tự { $found }; chỉ được có dấu phân cách hoặc hết dòng.
rule-csv-cell-count = Dòng này có { $found } ô nhưng dòng tiêu đề có { $expected } cột; số ô phải bằng số cột.
rule-duplicate-column = Cột { $column } xuất hiện hai lần; mỗi cột chỉ nêu một lần.
rule-unknown-column = Không có cột tên { $column }; hãy dùng tên cột trong mẫu.
rule-column-missing = Thiếu cột { $column }.
rule-line-too-long = Dòng dài quá { $max } byte.
rule-not-utf-8 = Byte thứ { $byte } không phải UTF-8; hãy lưu tệp ở dạng UTF-8.
rule-unreadable = Không đọc được dòng này: { $why }.
rule-not-written = Dòng này chưa được ghi do lỗi hệ thống; hãy gửi lại.
rule-draft-not-taken-over = Không tiếp quản bản nháp; chỉ tiếp quản tờ khai đã khai báo.
rule-stamp-required = Phải có mốc thời gian này (do { $because }).
rule-stamp-not-in-state = Tờ khai ở trạng thái { $state } không có mốc thời gian này; hãy bỏ đi hoặc sửa trạng thái.
rule-stamp-in-future = Mốc thời gian ở tương lai; phải là thời điểm đã qua.
rule-stamp-too-early = Mốc thời gian quá sớm; hãy kiểm tra lại năm.
rule-stamps-out-of-order = Mốc thời gian này không được sớm hơn { $before }.
rule-history = Lịch sử không khớp: { $why }.

rule-username-format = Tên đăng nhập phải gồm 3 đến 64 chữ cái không dấu, chữ số, dấu chấm, gạch nối hoặc gạch dưới, bắt đầu và kết thúc bằng chữ cái hoặc chữ số.
rule-own-account = Bạn không được tự ngừng tài khoản của mình hoặc tự bỏ vai trò quản trị; hãy nhờ quản trị viên khác.
rule-name-format = Tên phải gồm 1 đến 200 ký tự, không có khoảng trắng ở đầu, ở cuối và không có ký tự điều khiển.
rule-list-empty = Danh sách này không được rỗng; hãy nêu ít nhất một mã, hoặc bỏ mục này.
rule-not-for-role = Mục này không dùng cho vai trò { $role }; hãy bỏ mục này hoặc đổi vai trò.
rule-role-of-nobody = Vai trò { $role } chỉ dành cho chính hệ thống; hãy chọn vai trò khác.
rule-password-short = Mật khẩu quá ngắn; cần ít nhất { $minimum } ký tự.
rule-password-long = Mật khẩu quá dài; tối đa { $maximum } ký tự.
rule-password-common = Mật khẩu này quá dễ đoán; hãy chọn mật khẩu khác.

rule-quarter-format = Quý “{ $given }” không đúng dạng; hãy viết như 2025-Q1.
rule-period-format = “{ $given }” không phải là một kỳ; hãy ghi ngày như 2025-03-31, tuần như 2025-W13, tháng như 2025-03, quý như 2025-Q1, năm như 2025, hoặc khoảng ngày như 2025-03-01..2025-03-15.
rule-period-not-over = Kỳ này chưa kết thúc; có thể chốt từ { $over }.
rule-period-not-of-the-calendar = Không thể chốt một khoảng ngày tùy ý; hãy chốt ngày, tuần, tháng, quý hoặc năm.
rule-span-backwards = Ngày kết thúc { $to } phải sau ngày bắt đầu { $from }.
rule-span-too-long = Khoảng thời gian quá dài; tối đa { $max } ngày.
rule-answer-too-long = Kết quả sẽ có { $rows } dòng; tối đa { $max }. Hãy chọn khoảng thời gian ngắn hơn, kỳ dài hơn hoặc ít chiều phân tách hơn.
rule-instant-in-future = Thời điểm này chưa đến; hãy hỏi một thời điểm không muộn hơn hiện tại, { $now }.
rule-at-for-devices-alone = Chỉ thiết bị của cơ quan, đăng nhập bằng tài khoản máy, mới được ghi thời điểm thao tác; hãy bỏ trường này.
rule-at-in-future = Đồng hồ của thiết bị chạy nhanh: hiện là { $now } (UTC). Hãy chỉnh lại đồng hồ.
rule-at-too-old = Thao tác đã quá { $days } ngày, thiết bị không còn được gửi nữa. Hãy để cán bộ ghi nhận.
rule-at-too-early = Thao tác không thể diễn ra trước { $stamp } ({ $since }, UTC); hãy kiểm tra đồng hồ của thiết bị.

rule-reference-unusable = Nội dung này không dùng được cùng các danh mục khác: { $why }.
rule-code-form = Mã gồm 1 đến { $max } ký tự, không có dấu cách ở đầu và cuối.
rule-pass-not-ours = Đây không phải giấy của cửa khẩu này: mã bị hỏng, bị làm giả, hoặc ký bằng khóa chưa biết.
rule-pass-of-another = Giấy đã quét không khớp: giấy này của tờ khai { $number }.
rule-sequence-not-rising = Mỗi số thứ tự phải là số nguyên lớn hơn số trước ({ $last }).
rule-list-too-long = Danh sách quá dài; mỗi lần tối đa { $max }.
rule-extension-range = Thời hạn mới phải sau { $from } và không quá { $to } (giờ tại cửa khẩu).
rule-outside-opening-hours = Lối thông quan không mở vào giờ dự kiến đến{ $next ->
    [none] , cũng như trong một năm sau đó.
   *[other] ; giờ sớm nhất có thể là { $next } (giờ tại cửa khẩu).
}
rule-arrival-needs-earlier-registration = Ngày đó lối thông quan chỉ tiếp nhận phương tiện đã đăng ký từ trước{ $next ->
    [none] .
   *[other] ; giờ sớm nhất có thể là { $next } (giờ tại cửa khẩu).
}
rule-batch-too-long = Mỗi lô gửi tối đa { $max } dòng; hãy gửi phần còn lại thành lô khác.
rule-history-by-import-alone = Lô chỉ nhận tờ khai; hồ sơ của hệ thống cũ được nạp bằng lệnh border-gate import tại máy chủ.
rule-wait-range = wait phải là số giây nguyên, tối đa { $max }.
