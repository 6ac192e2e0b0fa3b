# Vì sao chưa được, và ai phải làm gì tiếp theo.

why-role = { $roles ->
    [none] Vai trò của bạn không được làm việc này; hãy nhờ người có vai trò phù hợp.
   *[other] Việc này dành cho: { $roles }. Vai trò của bạn là { $role }.
}
why-firm = Tờ khai thuộc doanh nghiệp khác; chỉ doanh nghiệp đã khai báo mới được làm việc này.
why-firm-disabled = Doanh nghiệp của bạn đã bị ngừng hoạt động trên hệ thống; hãy liên hệ quản trị hệ thống.
why-quarantine-kind = Thao tác này thuộc lĩnh vực kiểm dịch khác; cán bộ của lĩnh vực đó phải làm.
why-yard = Phương tiện đang ở bến bãi không do bạn phụ trách; nhân viên bãi đó phải làm.
why-oauth-scope = Mã truy cập không có quyền (scope) cho việc này; hãy xin mã có quyền phù hợp.
why-crossing-point = Lối thông quan này nằm ngoài phạm vi của bạn; hãy chọn lối thông quan do bạn phụ trách.
why-state = Tờ khai đang ở trạng thái “{ $state }”; việc này chỉ làm được khi tờ khai ở trạng thái: { $from }.{ $way ->
    [none] {""}
   *[other] {" "}Thao tác “{ $way }” ({ $who }) đưa tờ khai về đó.
}{ $ended ->
    [yes] {" "}Tờ khai đã kết thúc và không thay đổi được nữa; hãy ghi chú, hoặc khai báo lại phương tiện.
   *[none] {""}
}
why-track-not-required = Tờ khai không phải qua luồng kiểm tra này; nếu cần, Ban quản lý cửa khẩu phải thêm luồng đó trước.
why-not-in-a-yard = Phương tiện không ở trong bến bãi; phải vào bãi trước.
why-in-a-yard = Phương tiện còn ở trong bến bãi; phải ra bãi trước.
why-exists = Tờ khai đã có; không tạo lại được.
why-not-due = Chưa đến hạn; tờ khai chỉ hết hiệu lực sau số ngày quy định.
why-no-people = Tờ khai không có thông tin lái xe và người đi cùng, hoặc thông tin đó đã được xóa.
why-closed = Lối thông quan đóng cửa trong ngày này; hãy chọn ngày mở cửa.
why-pre-registered-only = Ngày này lối thông quan chỉ tiếp nhận phương tiện đã đăng ký từ trước.
why-no-inspection-due = Tờ khai này không có việc kiểm tra thực tế nào đến hạn; chỉ gia hạn được khi luồng đỏ, phương tiện đã đến và chưa kiểm tra.
why-extended-already = Thời hạn đã được gia hạn; luật chỉ cho phép gia hạn một lần.
why-ran-out-already = Thời hạn đã hết; không gia hạn được nữa.
why-all-tracks-required = Mọi luồng kiểm tra đều đã được yêu cầu; không còn luồng nào để thêm.
why-something-done-since = Sau khi xác nhận vào cửa khẩu đã có thao tác khác nên không hủy xác nhận được nữa; hãy ghi chú, hoặc cho phương tiện quay đầu.
why-own-track-not-failed = Chỉ được từ chối khi kết quả kiểm dịch của chính lĩnh vực bạn là không đạt; hãy ghi kết quả không đạt trước.
why-never-arrived = Phương tiện chưa từng vào khu vực cửa khẩu nên không có việc rời đi.
why-left-already = Việc phương tiện rời khu vực cửa khẩu đã được xác nhận; không phải làm gì thêm.
why-no-transshipment = Hàng chưa được sang tải; phải hoàn thành sang tải trước.
why-transshipped-elsewhere = Việc sang tải đã hoàn thành ở lối thông quan trước; hãy xác nhận trên tờ khai cũ, nơi đầu kéo quay về.
why-returned-already = Việc đầu kéo quay về đã được xác nhận; không phải làm gì thêm.
why-not-all-done = Còn luồng kiểm tra chưa xong hoặc còn lệnh tạm dừng.
why-all-done = Mọi luồng kiểm tra bắt buộc đã xong và không còn lệnh tạm dừng.
why-no-hold-of-yours = Không có lệnh tạm dừng nào do cơ quan bạn ra; chỉ cơ quan ra lệnh mới gỡ được.
why-lane-given = Tờ khai đã được phân luồng; luồng chỉ có thể nâng lên, kèm lý do.
why-no-lane = Chưa phân luồng; phải phân luồng trước.
why-no-customs-declaration = Chưa nêu số tờ khai hải quan nào; hãy trả tờ khai để doanh nghiệp bổ sung.
why-lane-is-red = Đã là luồng đỏ; không còn luồng nào cao hơn.
why-lane-is-green = Luồng xanh không phải kiểm tra hồ sơ; thông quan được ngay, hoặc nâng luồng nếu cần kiểm tra.
why-lane-is-not-red = Chỉ luồng đỏ mới kiểm tra thực tế hàng hóa; nếu cần, hãy nâng lên luồng đỏ trước.
why-documents-checked = Hồ sơ đã được kiểm tra; nếu cần kiểm tra lại thì thu hồi sau khi quyết định.
why-documents-not-checked = Chưa kiểm tra hồ sơ; luồng vàng và luồng đỏ phải kiểm tra hồ sơ trước khi thông quan.
why-inspected = Hàng đã được kiểm tra và phù hợp khai báo; nếu cần kiểm tra lại thì thu hồi sau khi quyết định.
why-not-inspected = Chưa kiểm tra thực tế hàng hóa; luồng đỏ phải có kết quả phù hợp trước khi thông quan.
why-goods-differ = Kết quả kiểm tra thực tế không phù hợp khai báo; hãy kiểm tra lại hoặc không chấp nhận thông quan.
why-not-decided = Chưa có quyết định nào để thu hồi; hãy quyết định trước.
why-decided = Việc này đã được quyết định; muốn quyết định lại phải thu hồi trước, kèm lý do.
why-not-begun = Luồng kiểm tra này chưa bắt đầu nên không có gì để thu hồi.
why-transshipment-not-begun = Việc sang tải chưa bắt đầu; phải bắt đầu sang tải trước.
why-transshipment-under-way = Việc sang tải đang diễn ra; khi xong hãy ghi biển số xe nhận hàng.
why-transshipment-finished = Việc sang tải đã hoàn thành; muốn làm lại phải hủy kết quả sang tải trước, kèm lý do.
why-paid = Phí đã nộp; muốn thay đổi phải hoàn phí trước, kèm lý do.
why-waived = Phí đã được miễn; nếu miễn nhầm, hãy thông báo lại mức phí.
why-not-assessed = Chưa thông báo mức phí; phải thông báo mức phí trước khi thu.
why-not-paid = Chưa có khoản phí nào đã nộp nên không có gì để hoàn.
why-fee-transferred = Khoản phí đã chuyển theo phương tiện sang lối thông quan khác; phải hoàn phí trên tờ khai ở đó.

next-submit = { $who }: hoàn thiện và gửi tờ khai.
next-correct = { $who }: bổ sung, sửa theo yêu cầu rồi gửi lại tờ khai.
next-register = { $who }: xem xét và tiếp nhận tờ khai.
next-arrive = { $who }: xác nhận khi phương tiện vào khu vực cửa khẩu.
next-return-for-customs-declaration = { $who }: trả tờ khai để doanh nghiệp bổ sung số tờ khai hải quan.
next-turn-back = { $who }: cho phương tiện quay đầu vì không có tờ khai hải quan nào.
next-set-lane = { $who }: phân luồng.
next-check-documents = { $who }: kiểm tra hồ sơ.
next-inspect = { $who }: kiểm tra thực tế hàng hóa.
next-settle-difference = { $who }: kiểm tra lại hoặc không chấp nhận thông quan, vì hàng không phù hợp khai báo.
next-clear = { $who }: quyết định thông quan.
next-reject = { $who }: từ chối phương tiện, hoặc thu hồi kết quả không đạt.
next-examine = { $who }: kiểm tra và kết luận.
next-conclude-treatment = { $who }: kết luận sau khi xử lý xong.
next-check-papers = { $who }: kiểm tra người và giấy tờ phương tiện.
next-assess-fee = { $who }: thông báo mức phí.
next-collect-fee = { $who }: thu phí và ghi số biên lai.
next-enter-yard = { $who }: cho phương tiện vào bến bãi để sang tải.
next-start-transshipment = { $who }: bắt đầu sang tải.
next-finish-transshipment = { $who }: hoàn thành sang tải và ghi biển số xe nhận hàng.
next-release-hold = { $who }: giải quyết và gỡ lệnh tạm dừng.
next-leave-yard = { $who }: cho phương tiện ra khỏi bến bãi.
next-complete = { $who }: xác nhận phương tiện đã qua.
next-leave-gate = { $who }: xác nhận phương tiện rời khu vực cửa khẩu.
next-tractor-returned = { $who }: xác nhận đầu kéo nước ngoài đã quay về.

page-problems-title = Các loại lỗi
page-problems-about = Mỗi lỗi của API mang trong trường type địa chỉ của một trang dưới đây.
page-problem-status = Mã trạng thái HTTP
page-all-problems = Tất cả các loại lỗi

hold-meaning-goes-on = Vẫn thực hiện được khi có lệnh tạm dừng.
hold-meaning-stops = Không thực hiện được cho đến khi mọi lệnh tạm dừng được gỡ.
hold-meaning-goes-on-for-holder = Chỉ vai trò đã ra mọi lệnh tạm dừng đang có mới thực hiện được.
