# Các loại lỗi. Giá trị: tên gọi; .detail: lần này sai gì, thế nào là đúng; .page: giải thích cho bên tích hợp.

problem-malformed = Yêu cầu không đọc được
    .detail = Không đọc được yêu cầu ({ $why }); hãy gửi JSON đúng cú pháp, mã hóa UTF-8.
    .page = Nội dung gửi lên không đúng cú pháp: JSON hỏng, một trường bị nêu hai lần, ký tự không phải UTF-8, hoặc địa chỉ sai dạng. Chưa có gì được xử lý. Hãy sửa nội dung rồi gửi lại; gửi lại y nguyên sẽ vẫn bị từ chối.
problem-unauthenticated = Chưa đăng nhập
    .detail = Yêu cầu không kèm mã truy cập còn hiệu lực; hãy đăng nhập lại và gửi mã trong tiêu đề Authorization dạng Bearer.
    .page = Thao tác này cần mã truy cập. Mã có thể thiếu, sai, hết hạn hoặc đã bị thu hồi; dịch vụ không nói rõ trường hợp nào. Hãy lấy mã mới bằng tên đăng nhập, mã làm mới hoặc client_credentials rồi gửi lại.
problem-wrong-credentials = Thông tin đăng nhập không đúng
    .detail = Tên đăng nhập, mật khẩu hoặc mã làm mới không đúng; hãy kiểm tra lại rồi đăng nhập lại.
    .page = Tên đăng nhập và mật khẩu, mã làm mới, hoặc thông tin của ứng dụng khách không khớp với tài khoản đang hoạt động nào. Dịch vụ không nói rõ phần nào sai. Mỗi mã làm mới chỉ dùng được một lần; dùng lại mã cũ sẽ kết thúc cả phiên.
problem-forbidden = Không có quyền
    .detail = Bạn không được thực hiện việc này. { $why }
    .page = Người gọi được nhận biết nhưng vai trò, phạm vi hoặc quyền của mã truy cập không cho phép việc này. Gửi lại không thay đổi kết quả; hãy dùng tài khoản đúng vai trò hoặc liên hệ quản trị hệ thống.
problem-not-found = Không tìm thấy
    .detail = Không có gì ở địa chỉ này, hoặc bạn không được xem; hãy kiểm tra lại địa chỉ và số tờ khai.
    .page = Địa chỉ không tồn tại, hoặc bản ghi thuộc doanh nghiệp hay lối thông quan khác. Hai trường hợp được trả lời như nhau để không lộ thông tin của bên khác.
problem-method-not-allowed = Phương thức không được hỗ trợ
    .detail = Địa chỉ này chỉ nhận các phương thức: { $allowed }.
    .page = Địa chỉ có thật nhưng không nhận phương thức HTTP đã dùng. Tiêu đề Allow liệt kê các phương thức được nhận.
problem-not-acceptable = Không có dạng dữ liệu được yêu cầu
    .detail = Không trả lời được theo tiêu đề Accept đã gửi; các dạng có sẵn: { $allowed }.
    .page = Tiêu đề Accept loại trừ mọi dạng dữ liệu mà địa chỉ này có. Hãy chọn một trong các dạng được nêu trong detail, hoặc bỏ tiêu đề Accept.
problem-illegal-action = Chưa thể thực hiện
    .detail = “{ $action }” chưa thực hiện được. { $why }{ $due ->
        [none] {""}
       *[other] {" "}Việc cần làm bây giờ: { $due }
    }
    .page = Trạng thái hoặc dữ kiện của tờ khai không cho phép thao tác. Trường offered liệt kê những thao tác đang mở cho người gọi. Hãy đọc lại tờ khai rồi chọn một trong số đó.
problem-on-hold = Đang bị tạm dừng
    .detail = “{ $action }” phải chờ gỡ lệnh tạm dừng. { $due }
    .page = Hải quan hoặc biên phòng đã ra lệnh tạm dừng phương tiện. Khi lệnh còn hiệu lực, tờ khai không được trả lại, hủy, sửa, chuyển, quay đầu, rời bãi hay hoàn thành, và không hết hạn. Chỉ cơ quan đã ra lệnh mới gỡ được. Trường offered liệt kê các thao tác vẫn mở.
problem-gate-closed = Cửa khẩu đóng
    .detail = { $why }{ $opens_at ->
        [none] {""}
       *[other] {" "}Phương tiện được vào từ { $opens_at } (giờ tại cửa khẩu).
    }
    .page = Theo lịch của lối thông quan, ngày này không tiếp nhận phương tiện, hoặc chỉ tiếp nhận phương tiện đã đăng ký từ trước ngày đó. Trường opens_at cho biết khi nào phương tiện này được vào, nếu đã biết. Lịch có tại /api/v1/reference/calendars.
problem-vehicle-already-declared = Phương tiện đã được khai báo
    .detail = { $vehicle ->
        [none] Phương tiện này
       *[other] Phương tiện { $vehicle }
    } đang có một tờ khai khác còn hiệu lực theo cùng chiều; phải hoàn thành hoặc hủy tờ khai đó trước.
    .page = Mỗi phương tiện (nước đăng ký và biển số) chỉ có một tờ khai còn hiệu lực cho mỗi chiều. Trường declaration nêu số tờ khai kia nếu tờ khai đó thuộc doanh nghiệp của người gọi.
problem-receipt-used = Số biên lai đã được dùng
    .detail = { $kind ->
        [refund] Biên lai { $receipt } đã được hoàn phí ngày { $day } tại { $crossing_point }.
       *[other] Biên lai { $receipt } đã dùng cho một lần nộp phí khác ngày { $day } tại { $crossing_point }; hãy nhập đúng số trên biên lai đang cầm.
    }
    .page = Mỗi số biên lai chỉ dùng cho một lần nộp phí trong toàn tỉnh, và chỉ được hoàn một lần. Hoàn phí không làm cho số đó dùng lại được: lần nộp sau phải có biên lai mới. Chưa có gì được ghi nhận.
problem-idempotency-in-flight = Yêu cầu cùng khóa đang được xử lý
    .detail = Một yêu cầu có cùng Idempotency-Key đang được xử lý; hãy đợi một lát rồi gửi lại y nguyên.
    .page = Khóa Idempotency-Key này thuộc một yêu cầu chưa xong. Gửi lại sau giây lát sẽ nhận được đúng kết quả của yêu cầu đó, không có gì được làm hai lần.
problem-already-exists = Đã tồn tại
    .detail = Giá trị tại { $pointer } đã được dùng; hãy chọn giá trị khác hoặc sửa bản ghi đang có.
    .page = Một bản ghi có cùng tên hoặc mã đã tồn tại. Không có gì được tạo mới.
problem-nothing-new = Không có gì mới để chốt
    .detail = Số liệu của kỳ này vẫn đúng như bản chốt lần { $revision } đã ký. Hãy chốt lại khi có số liệu thay đổi.
    .page = Một kỳ chỉ được chốt lại khi có số liệu đã khác so với lần chốt gần nhất; bản chốt đó vẫn còn hiệu lực.
problem-gone = Không còn nữa
    .detail = Con trỏ này không còn dùng được; hãy đọc lại từ đầu với con trỏ rỗng.
    .page = Con trỏ được cấp trước khi cơ sở dữ liệu được khôi phục, nên các thay đổi sau nó không còn đáng tin. Hãy đồng bộ lại từ đầu.
problem-stale = Bản ghi đã thay đổi
    .detail = Tờ khai hiện ở phiên bản { $revision }, không phải phiên bản nêu trong If-Match; hãy đọc lại rồi sửa trên bản mới.
    .page = Có người đã thay đổi bản ghi sau khi bạn đọc. Tiêu đề ETag mang phiên bản hiện tại. Hãy đọc lại, áp dụng thay đổi của bạn và gửi với If-Match mới.
problem-too-large = Nội dung quá lớn
    .detail = Nội dung gửi lên vượt quá { $limit } byte; hãy chia nhỏ hoặc gửi theo lô.
    .page = Nội dung lớn hơn giới hạn của thao tác: 256 KiB, riêng khai báo theo lô là 64 MiB. Không có gì được xử lý.
problem-unsupported-media-type = Kiểu nội dung không được nhận
    .detail = Kiểu nội dung đã gửi không được nhận ở đây; hãy gửi Content-Type: { $allowed }.
    .page = Tiêu đề Content-Type thiếu hoặc nêu một kiểu mà địa chỉ này không đọc.
problem-invalid-declaration = Tờ khai chưa hợp lệ
    .detail = Tờ khai chưa đúng quy định; mỗi lỗi được nêu trong errors kèm vị trí và cách sửa.
    .page = Nội dung đọc được nhưng chưa đúng quy định. Trường errors liệt kê mọi lỗi cùng lúc: pointer là JSON Pointer tới mục sai, code là mã quy tắc không đổi, detail là lời giải thích theo ngôn ngữ của người gọi.
problem-invalid-action = Thao tác chưa hợp lệ
    .detail = Thông tin kèm theo thao tác chưa đúng; mỗi lỗi được nêu trong errors kèm vị trí và cách sửa.
    .page = Thao tác đang mở cho người gọi nhưng các trường gửi kèm thiếu hoặc sai. Trường errors liệt kê mọi lỗi cùng lúc.
problem-invalid-request = Yêu cầu chưa hợp lệ
    .detail = Tham số hoặc nội dung yêu cầu chưa đúng; mỗi lỗi được nêu trong errors kèm vị trí và cách sửa.
    .page = Một tham số hoặc trường không có trong hợp đồng, thiếu, hoặc có giá trị không được nhận. Trường errors liệt kê mọi lỗi cùng lúc.
problem-idempotency-mismatch = Khóa đã dùng cho yêu cầu khác
    .detail = Idempotency-Key này đã được dùng với nội dung khác; hãy dùng khóa mới cho yêu cầu mới.
    .page = Mỗi khóa Idempotency-Key gắn với đúng một nội dung trong 7 ngày. Gửi khóa cũ với nội dung khác thường là lỗi của phía gọi.
problem-precondition-required = Thiếu If-Match
    .detail = Việc sửa phải nói rõ dựa trên phiên bản nào; hãy gửi If-Match với ETag vừa đọc.
    .page = Để không ghi đè thay đổi của người khác, yêu cầu sửa phải kèm If-Match với ETag của lần đọc gần nhất.
problem-too-many-requests = Quá nhiều lần thử
    .detail = Bạn đã thử quá nhiều lần; hãy thử lại sau { $seconds } giây.
    .page = Số lần thử trong một khoảng thời gian đã vượt giới hạn. Tiêu đề Retry-After nêu số giây cần đợi.
problem-internal = Lỗi hệ thống
    .detail = Hệ thống gặp lỗi khi xử lý yêu cầu; hãy thử lại, nếu vẫn lỗi thì báo mã yêu cầu request_id cho quản trị hệ thống.
    .page = Lỗi ở phía dịch vụ, không phải ở yêu cầu. Nguyên nhân được ghi lại theo request_id. Gửi lại với cùng Idempotency-Key là an toàn.
problem-unavailable = Tạm thời không phục vụ được
    .detail = Dịch vụ đang quá tải hoặc chưa kết nối được cơ sở dữ liệu; hãy thử lại sau ít giây.
    .page = Dịch vụ tạm thời không xử lý được. Tiêu đề Retry-After nêu số giây cần đợi. Gửi lại với cùng Idempotency-Key là an toàn.
