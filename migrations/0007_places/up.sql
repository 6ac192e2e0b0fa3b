-- The places that are taken where places run out: in a yard, in a bay, in an hour of a crossing point. Each room's places
-- are numbered from 1 to its capacity, so that the key alone keeps it from being over-filled, without a lock.
-- Distributed by room.
create table places (
    -- Such as yard:XUAN_CUONG or slot:HUU_NGHI:2025-03-31T02:00:00Z.
    room text not null,
    place integer not null check (place > 0),
    declaration bigint not null,
    primary key (room, place),
    -- Nobody has two places in one room; and by it a place is given back.
    unique (room, declaration)
);

-- The vehicles that stand in a yard already.
with parked as (
    select number, progress -> 'yard' ->> 'yard' as yard, progress -> 'yard' ->> 'bay' as bay
      from declarations
     where state in ('in_yard', 'ready', 'rejected', 'turned_back', 'transferred') and progress -> 'yard' is not null),
rooms as (
    select 'yard:' || yard as room, number from parked
    union all
    select format('bay:%s:%s:%s', octet_length(yard), yard, bay), number from parked where bay is not null)
insert into places (room, place, declaration)
select room, row_number() over (partition by room order by number), number from rooms;

-- The rules that came with the program without a sentence for people: they get it where nobody has changed them.
update reference set entry = reference.entry || jsonb_build_object('because', said.because::jsonb)
  from (values
    ('customs-always', '{"vi": "Phải thực hiện vì mọi phương tiện đều phải làm thủ tục hải quan.", "en": "Required because every vehicle goes through customs.", "zh": "须办理，原因：所有车辆都须办理海关手续。"}'),
    ('border-guard-always', '{"vi": "Phải thực hiện vì mọi phương tiện đều phải qua kiểm soát biên phòng.", "en": "Required because every vehicle goes through border guard control.", "zh": "须办理，原因：所有车辆都须接受边防检查。"}'),
    ('fee-always', '{"vi": "Phải thực hiện vì mọi phương tiện đều phải nộp phí sử dụng hạ tầng cửa khẩu.", "en": "Required because every vehicle pays the fee for the gate''s infrastructure.", "zh": "须办理，原因：所有车辆都须缴纳口岸基础设施使用费。"}'),
    ('health-foreign-driver', '{"vi": "Phải thực hiện vì người điều khiển không mang quốc tịch Việt Nam.", "en": "Required because the driver is not a Vietnamese citizen.", "zh": "须办理，原因：驾驶员不具有越南国籍。"}'),
    ('health-import', '{"vi": "Phải thực hiện vì phương tiện nhập cảnh phải kiểm dịch y tế.", "en": "Required because every vehicle that comes into the country is looked at by health quarantine.", "zh": "须办理，原因：入境车辆须接受卫生检疫。"}'),
    ('animal-products', '{"vi": "Phải thực hiện vì hàng thuộc các chương 01–05 hoặc 16 của danh mục HS (động vật và sản phẩm động vật).", "en": "Required because the goods are of HS chapters 01–05 or 16 (animals and animal products).", "zh": "须办理，原因：货物属于HS编码第01–05章或第16章（动物及动物产品）。"}'),
    ('plant-products', '{"vi": "Phải thực hiện vì hàng thuộc các chương 06–14 của danh mục HS (thực vật và sản phẩm thực vật).", "en": "Required because the goods are of HS chapters 06–14 (plants and plant products).", "zh": "须办理，原因：货物属于HS编码第06–14章（植物及植物产品）。"}'),
    ('transshipment-declared', '{"vi": "Phải thực hiện vì doanh nghiệp khai báo sang tải hàng hóa tại cửa khẩu.", "en": "Required because transshipment at the gate was declared.", "zh": "须办理，原因：企业申报在口岸换装货物。"}')
  ) as said (code, because)
 where list = 'track_rules' and reference.code = said.code and not entry ? 'because';
