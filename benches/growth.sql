-- What makes declarations by the million: the rows that the service would have written for them, straight into its tables.
--
-- All of it hangs on a declaration's place in the whole, i: the same i is drawn the same each time. Instants are whole
-- milliseconds since 1970 until they are written. What the tables hold is held here too: numbers, digests and hashes are
-- made by the rules of src/domain/number.rs and src/domain/audit.rs, counters are the sums of src/domain/throughput.rs and dwell.rs.
create schema growth;

-- Filled by the script: until when history goes, from which i on all actions of a declaration are kept, and from which on no vehicle comes twice.
create table growth.plan (until bigint not null, whole_from bigint not null, once_from bigint not null);
-- Those declared on a local day: the first i, how many, and how many it would be were the day over.
create table growth.days (day date primary key, first bigint not null, count integer not null, whole_day integer not null);
-- Who declares: place 0 the most.
create table growth.firms (place integer primary key, id bigint not null, tax_code text not null);
-- The accounts in whose names officers act.
create table growth.officers (username text primary key, actor text not null);

create table growth.goods (cargo_class text, direction text, kind integer, hs_code text, description text, unit text, unit_kg integer, perishable boolean);
insert into growth.goods values
    ('fruit', 'export', 0, '08106000', 'Sầu riêng tươi', 'KGM', 1, true),
    ('fruit', 'export', 1, '08109092', 'Thanh long ruột đỏ tươi', 'KGM', 1, true),
    ('fruit', 'export', 2, '08109094', 'Mít tươi', 'KGM', 1, true),
    ('fruit', 'export', 3, '08045021', 'Xoài tươi', 'KGM', 1, true),
    ('fruit', 'import', 0, '08081000', 'Táo tươi', 'KGM', 1, true),
    ('fruit', 'import', 1, '08083000', 'Lê tươi', 'KGM', 1, true),
    ('fruit', 'import', 2, '08061000', 'Nho tươi', 'KGM', 1, true),
    ('fruit', 'import', 3, '07032090', 'Tỏi khô', 'KGM', 1, false),
    ('general', 'export', 0, '85177100', 'Linh kiện điện thoại', 'PCE', 1, false),
    ('general', 'export', 1, '94036090', 'Đồ gỗ nội thất', 'PCE', 24, false),
    ('general', 'export', 2, '40012220', 'Cao su tự nhiên SVR 10', 'KGM', 1, false),
    ('general', 'export', 3, '64041990', 'Giày thể thao', 'PR', 1, false),
    ('general', 'import', 0, '85258031', 'Camera giám sát', 'PCE', 2, false),
    ('general', 'import', 1, '84719090', 'Linh kiện máy tính', 'PCE', 3, false),
    ('general', 'import', 2, '54075200', 'Vải dệt thoi polyester', 'KGM', 1, false),
    ('general', 'import', 3, '72139190', 'Thép cuộn', 'KGM', 1, false),
    ('new_vehicle', 'import', 0, '87042319', 'Xe ô tô tải mới', 'PCE', 9800, false),
    ('new_vehicle', 'import', 1, '87012110', 'Xe đầu kéo mới', 'PCE', 8800, false),
    ('new_vehicle', 'import', 2, '87043129', 'Xe ô tô tải van mới', 'PCE', 1700, false),
    ('new_vehicle', 'import', 3, '87042319', 'Xe ô tô tải mới', 'PCE', 9800, false);

-- The fewest seconds of each bucket from the first on.
create function growth.fewest() returns bigint[] language sql immutable as $$
    with recursive buckets (bucket, fewest) as (
        select 1, 1::bigint
        union all
        select bucket + 1, fewest * 13 / 12 + 1 from buckets where bucket < 244)
    select array_agg(fewest order by bucket) from buckets
$$;

-- A number from 0 up to and without n, for the question `about` of the declaration i. These first ones are put in place of their calls.
create function growth.draw(i bigint, about integer, n integer) returns integer language sql immutable
    as 'select ((hashint8extended(i, about) & 2147483647) * n >> 31)::integer';
create function growth.one_of(i bigint, about integer, texts text[]) returns text language sql immutable
    as 'select texts[1 + growth.draw(i, about, cardinality(texts))]';
create function growth.digits(i bigint, about integer, n integer) returns text language sql immutable
    as 'select lpad(growth.draw(i, about, (10 ^ n)::integer)::text, n, ''0'')';
-- So many hundredths of the way from one instant to another, between `fewest` and `most`.
create function growth.on_the_way(i bigint, about integer, first bigint, last bigint, fewest integer, most integer) returns bigint language sql immutable
    as 'select first + (last - first) * (100 * fewest + growth.draw(i, about, 100 * (most - fewest))) / 10000';
create function growth.minutes(i bigint, about integer, fewest integer, most integer) returns bigint language sql immutable
    as 'select 60000 * fewest + growth.draw(i, about, 60000 * (most - fewest))::bigint';
create function growth.instant(at bigint) returns timestamptz language sql immutable
    as 'select to_timestamp(at / 1000.0::float8)';
create function growth.local_day(at bigint) returns date language sql immutable
    as 'select date ''1970-01-01'' + ((at + 25200000) / 86400000)::integer';
create function growth.written(at bigint) returns text language sql immutable
    as 'select to_char(to_timestamp(at / 1000.0::float8) at time zone ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'')';
-- The instant itself while the barriers are open, from 7:00 to 19:45; else so long after the next opening. They open at midnight UTC.
create function growth.when_open(at bigint, late bigint) returns bigint language sql immutable
    as 'select case when at % 86400000 < 45900000 then at else (at / 86400000 + 1) * 86400000 + late end';

-- One action as its hash covers it, and the hash that follows from the one before.
create function growth.part(number bigint, seq integer, at bigint, action text, actor text, role text, details text) returns bytea language sql immutable as $$
    select int8send(number) || int4send(seq) || int8send(at * 1000) || int8send(at * 1000)
        || int8send(octet_length(action)) || convert_to(action, 'UTF8') || int8send(octet_length(actor)) || convert_to(actor, 'UTF8')
        || int8send(octet_length(role)) || convert_to(role, 'UTF8') || int8send(octet_length(details)) || convert_to(details, 'UTF8')
$$;
create function growth.link(before bytea, part bytea) returns bytea language sql immutable
    as $$ select sha256('border-gate action 1\012'::bytea || before || part) $$;
create aggregate growth.chain(bytea) (sfunc = growth.link, stype = bytea, initcond = '\x0000000000000000000000000000000000000000000000000000000000000000');
create function growth.seal(salt text, people text) returns text language sql immutable as $$
    select encode(sha256('border-gate people 1\012'::bytea || int8send(octet_length(salt)) || convert_to(salt, 'UTF8')
                         || int8send(octet_length(people)) || convert_to(people, 'UTF8')), 'hex')
$$;

-- Everything of the declarations of some days: each step that is taken names those before it once, and is put down
-- before the next is begun. In one expression every instant would be worked out again wherever it is named.
create procedure growth.grow(first_day date, last_day date) language sql as $$
with declared as materialized (
    select d.day, i, least(declared, until) as declared, until, i >= whole_from as is_recent, i >= once_from as comes_once,
           case when growth.draw(i, 1, 1000) < 246 then 'export' else 'import' end as direction,
           growth.draw(i, 2, 1000) as spot, growth.draw(i, 3, 100) as class, growth.draw(i, 4, 1000) as fate
      from growth.plan, growth.days d, generate_series(0, d.count - 1) as serial,
           lateral (select d.first + serial as i) as place,
           lateral (select (serial * 1000::bigint + growth.draw(i, 5, 1000)) / d.whole_day as share) as part,
           -- One in eight in the night, three in four between seven and six, the rest in the evening.
           lateral (select (d.day - date '1970-01-01') * 86400000::bigint - 25200000 + growth.draw(i, 6, 25000) + case
                        when share < 125 then share * 25200000 / 125
                        when share < 875 then 25200000 + (share - 125) * 39600000 / 750
                        else 64800000 + (share - 875) * 21500000 / 125 end as declared) as clock
     where d.day >= first_day and d.day < last_day
), placed as materialized (
    select *, case when direction = 'export' then
                  case when spot < 520 then 'HUU_NGHI' when spot < 820 then 'TAN_THANH' when spot < 860 then 'COC_NAM' when spot < 950 then 'CHI_MA'
                       when spot < 970 then 'NA_NUA' when spot < 985 then 'NA_HINH' else 'BINH_NGHI' end
              else
                  case when spot < 655 then 'HUU_NGHI' when spot < 860 then 'TAN_THANH' when spot < 885 then 'COC_NAM' when spot < 970 then 'CHI_MA'
                       when spot < 980 then 'NA_NUA' when spot < 990 then 'NA_HINH' else 'BINH_NGHI' end
              end as crossing_point,
           declared + growth.minutes(i, 10, 2, case when growth.draw(i, 11, 100) < 85 then 35 else 240 end) as registered
      from declared
), classed as materialized (
    select *, case when direction = 'export' then
                  case when class < (case crossing_point when 'TAN_THANH' then 84 else 56 end) then 'fruit' when class >= 92 then 'empty' else 'general' end
              else
                  case when class < (case crossing_point when 'TAN_THANH' then 34 else 9 end) then 'fruit' when class >= 92 then 'empty'
                       when crossing_point = 'HUU_NGHI' and class >= 84 then 'new_vehicle' else 'general' end
              end as cargo_class,
           case when crossing_point = 'HUU_NGHI' and growth.draw(i, 12, 100) < 80 then 'XUAN_CUONG'
                when crossing_point = 'TAN_THANH' and growth.draw(i, 12, 100) < 80 then 'BAO_NGUYEN' end as to_yard,
           registered + growth.minutes(i, 13, 15, case when growth.draw(i, 14, 100) < 70 then 360 else 1500 end) as at_the_barrier,
           growth.minutes(i, 15, 2, case when growth.draw(i, 16, 100) < 55 then 90 else 330 end) as in_the_morning
      from placed
), received as materialized (
    select *, cargo_class = 'new_vehicle' as is_new, growth.when_open(at_the_barrier, in_the_morning) as arrived
      from classed
), served as materialized (
    select *, not is_new and growth.draw(i, 17, 100) < (case direction when 'export' then 14 else 62 end) as is_chinese,
           arrived + growth.minutes(i, 18, 45, case when growth.draw(i, 19, 100) < 55 then 300 when growth.draw(i, 19, 100) < 90 then 660 else 1800 end) as served
      from received
), crossed as materialized (
    select *, growth.when_open(served, in_the_morning) as crossed
      from served
), readied as materialized (
    select *, growth.on_the_way(i, 20, arrived, crossed, 45, 93) as ready, growth.on_the_way(i, 21, registered, arrived, 3, 15) as lane_set,
           growth.on_the_way(i, 22, registered, arrived, 20, 40) as assessed, growth.on_the_way(i, 23, registered, arrived, 45, 95) as paid
      from crossed
), ended as materialized (
    select *, case when fate < 6 then 'cancelled' when fate < 12 then 'cancelled' when fate < 18 then 'expired' when fate < 24 then 'rejected'
                   when fate < 30 then 'turned_back' end as otherwise,
           case when fate < 6 then growth.on_the_way(i, 24, declared, registered, 20, 90)
                when fate < 12 then growth.on_the_way(i, 24, registered, arrived, 20, 90)
                when fate < 18 then registered + 15 * 86400000::bigint
                when fate < 30 then growth.on_the_way(i, 24, arrived, ready, 40, 90) end as ended,
           growth.on_the_way(i, 25, arrived, ready, 3, 15) as yard_in, growth.on_the_way(i, 26, ready, crossed, 10, 80) as yard_out,
           case when growth.draw(i, 27, 100) < 22 then growth.on_the_way(i, 28, registered, arrived, 30, 95)
                else growth.on_the_way(i, 28, arrived, ready, 40, 95) end as cleared,
           growth.on_the_way(i, 29, arrived, ready, 20, 90) as health, growth.on_the_way(i, 30, arrived, ready, 20, 90) as plant
      from readied
), lived as materialized (
    -- What has happened by now: nothing more once it has ended, nothing from its arrival on where nobody came.
    select i, day, declared, is_recent, comes_once, direction, crossing_point, cargo_class, is_new, is_chinese, to_yard, otherwise,
           arrived as planned,
           case when registered <= stop then registered end as registered, case when lane_set <= stop then lane_set end as lane_set,
           case when assessed <= stop then assessed end as assessed, case when paid <= stop then paid end as paid,
           case when arrived <= stop then arrived end as arrived,
           case when to_yard is not null and yard_in <= stop then yard_in end as yard_in,
           case when cleared <= stop then cleared end as cleared,
           case when cleared <= stop and crossed <= stop and growth.draw(i, 31, 100) < 30 then growth.on_the_way(i, 32, lane_set, least(cleared, lane_set + 5400000), 20, 90) end as documents,
           case when health <= stop and (is_chinese or direction = 'import') then health end as health,
           case when plant <= stop and cargo_class = 'fruit' then plant end as plant,
           case when ready <= stop then ready end as ready,
           case when crossed <= stop then crossed end as crossed,
           case when ended <= until then ended end as ended,
           case when to_yard is null then null
                when ended is null then case when yard_out <= stop then yard_out end
                when yard_in <= stop and ended + growth.minutes(i, 33, 5, 40) <= until then ended + growth.minutes(i, 33, 5, 40) end as yard_out,
           case when arrived <= stop and ended + growth.minutes(i, 34, 45, 240) <= until then ended + growth.minutes(i, 34, 45, 240) end as gone
      from ended,
           lateral (select least(until, case when otherwise = 'expired' then arrived - 1 else ended end) as stop) as course
), stood as materialized (
    select *, coalesce(case when ended is not null then otherwise end,
                       case when crossed is not null then 'completed' when ready is not null then 'ready' when yard_in is not null then 'in_yard'
                            when arrived is not null then 'arrived' when registered is not null then 'registered' else 'submitted' end) as state,
           ((declared - 1577836800000) << 22 | (i * 2654435761 & 4194303)) as drawn,
           is_chinese or direction = 'import' as for_health, cargo_class = 'fruit' as for_plant,
           -- The smaller of two draws: a few declare much.
           least(growth.draw(i, 40, firms), growth.draw(i, 41, firms)) as declares,
           case when growth.draw(i, 42, 100) < 40 then least(growth.draw(i, 43, firms), growth.draw(i, 44, firms)) end as trades,
           -- A vehicle of the fleet comes again with the same plate and driver. Those of late come once: nobody is at the gate twice.
           case when comes_once then 1000000 + i else least(growth.draw(i, 45, 80000), growth.draw(i, 46, 80000)) + case when is_chinese then 100000 else 0 end end as vehicle,
           growth.draw(i, 47, 100) < 40 and not is_new as is_tractor,
           case cargo_class when 'empty' then 100000 when 'fruit' then 350000 when 'new_vehicle' then 500000
                            else (array[350000, 455000, 500000, 700000])[1 + growth.draw(i, 48, 4)] end as fee
      from lived, lateral (select count(*)::integer as firms from growth.firms) as all_firms
), named as materialized (
    select s.*, drawn + case when drawn % 37 >= 32 then 37 - drawn % 37 else 0 end as number,
           is_recent or state not in ('completed', 'cancelled', 'expired', 'rejected', 'turned_back') as is_whole,
           f.id as firm, 'account:' || 100 + f.place as declarant, t.tax_code as trader,
           case when is_new then 'T' || growth.digits(i, 50, 7)
                when comes_once and is_chinese then '桂' || chr(65 + (i / 100000 % 26)::integer) || lpad((i % 100000)::text, 5, '0')
                when comes_once then '36' || chr(65 + (i / 100000 % 26)::integer) || lpad((i % 100000)::text, 5, '0')
                when is_chinese then growth.one_of(vehicle, 51, '{桂F,桂F,桂F,桂A,桂E,粤B,云A}') || growth.digits(vehicle, 52, 5)
                else growth.one_of(vehicle, 51, '{12C,12C,12H,98C,99C,29C,15C,34H,89C,51C,62D,63C,60C,86C}') || growth.digits(vehicle, 52, 5) end as plate,
           growth.digits(i, 53, 8) as customs, g.hs_code, g.description, g.unit, g.perishable,
           greatest(case when is_new then 1 else (6000 + growth.draw(i, 54, 20000)) / g.unit_kg end, 1) as quantity, g.unit_kg,
           '{"driver":{"full_name":"' || case when is_chinese
               then growth.one_of(vehicle, 55, '{HUANG,LI,WEI,NONG,LUO,LIANG,QIN,CHEN,ZHOU}') || ' ' || growth.one_of(vehicle, 56, '{JIANGUO,WEI,QIANG,MINGHUA,YONG,GUOQIANG,HAIBO,ZHIJUN}')
                    || '","nationality":"CN","document":{"kind":"passport","number":"E' || growth.digits(vehicle, 57, 8) || '"}'
               else growth.one_of(vehicle, 55, '{NGUYỄN,HOÀNG,NÔNG,LÝ,VI,TRẦN,LƯƠNG,PHẠM,CHU,LÊ}') || ' ' || growth.one_of(vehicle, 56, '{VĂN,ĐỨC,QUỐC,MINH,XUÂN,HỮU}')
                    || ' ' || growth.one_of(vehicle, 58, '{HÙNG,DŨNG,TUẤN,SƠN,LONG,THẮNG,NAM,BÌNH,HẢI,CƯỜNG}')
                    || '","nationality":"VN","document":{"kind":"border_pass","number":"GTH' || growth.digits(vehicle, 57, 6) || '"}' end
               || case when growth.draw(vehicle, 59, 100) < 30 then ',"phone":"+849' || growth.digits(vehicle, 60, 8) || '"' else '' end || '}}' as people,
           md5('salt ' || i) as salt
      from stood s
      join growth.firms f on f.place = s.declares
      left join growth.firms t on t.place = s.trades
      left join growth.goods g on g.cargo_class = s.cargo_class and g.direction = s.direction and g.kind = growth.draw(i, 61, 4)
), worded as materialized (
    select *, case when is_chinese then 'CN' else 'VN' end as country,
           coalesce(quantity * unit_kg * 21::bigint / 20 + 60, 0) as gross_kg,
           case otherwise when 'cancelled' then 'Chủ hàng thay đổi kế hoạch' when 'rejected' then 'Hàng hóa khác khai báo' when 'turned_back' then 'Chủ hàng xin quay đầu' end as reason,
           'BL' || to_char(growth.instant(coalesce(paid, 0)), 'YYYY') || '-' || i as receipt,
           case when documents is not null then '"yellow"' else '"green"' end as lane
      from named
), told as materialized (
    select *, growth.seal(salt, people) as people_digest,
           '{"direction":"' || direction || '","crossing_point":"' || crossing_point || '","regime":"commercial","cargo_class":"' || cargo_class || '"'
               || case when perishable then ',"perishable":true' else '' end
               || ',"planned_arrival":"' || to_char(growth.instant(planned / 1800000 * 1800000) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"'
               || coalesce(',"trader_tax_code":"' || trader || '"', '')
               || ',"vehicle":{"kind":"' || case when is_tractor then 'tractor' else 'truck' end || '","plate":"' || plate || '","country":"' || country || '"'
               || case when is_new then ',"vin":"LZZ' || growth.digits(i, 62, 9) || growth.digits(i, 63, 5) || '"'
                       when is_tractor and is_chinese then ',"trailer_plate":"桂F' || growth.digits(vehicle, 64, 4) || '挂"'
                       when is_tractor then ',"trailer_plate":"12R' || growth.digits(vehicle, 64, 5) || '"' else '' end || '}'
               || coalesce(',"goods":[{"hs_code":"' || hs_code || '","description":"' || description || '","quantity":' || quantity || ',"unit":"' || unit || '","gross_kg":' || gross_kg || '}],"customs_declarations":[{"number":"' || case direction when 'export' then '30' else '10' end
                    || to_char(day, 'YY') || customs || '","type_code":"' || case direction when 'export' then 'B11' else 'A11' end || '"}]', '') || '}' as content,
           case when registered is not null then array_remove(array['customs:' || customs_state, case when for_health then 'health:' || health_state end,
               case when for_plant then 'plant_quarantine:' || plant_state end, 'border_guard:' || guard_state, 'fee:' || fee_state], null) else '{}' end as tracks,
           '{"proposed_vnd":' || fee || ',"basis":"example","gross_kg":' || gross_kg || ',"journey":"inland_import","hs_code":"' || coalesce(hs_code, '85258031')
               || '","rate":{"code":"GENERAL_IMPORT","name":"Hàng hóa nhập khẩu","valid_from":"2025-05-08","valid_to":null,"below_kg":10000,"amount_vnd":350000,"round_to_vnd":1000,"rounding":"half_up"},'
               || '"multipliers":[{"code":"INLAND_IMPORT","valid_from":"2025-05-08","valid_to":null,"percent":130}],"exact_vnd":"' || fee || '"}' as working
      from worded,
           lateral (select case when cleared is not null then 'done' when lane_set is not null then 'under_way' else 'not_begun' end as customs_state,
                           case when health is not null then 'done' else 'not_begun' end as health_state,
                           case when plant is not null then 'done' else 'not_begun' end as plant_state,
                           case when ready is not null then 'done' else 'not_begun' end as guard_state,
                           case when paid is not null then 'done' when assessed is not null then 'under_way' else 'not_begun' end as fee_state) as states
), kept as materialized (
    -- The actions that are kept, without their place: all of the whole ones, the first two of the others.
    select i, ord, at, action, actor, role, details
      from told, lateral (values
        (1, declared, 'create', declarant, 'declarant', '{"firm":' || firm || ',"content":' || content || ',"people_digest":"' || people_digest || '","declarant":"' || declarant || '"}'),
        (2, declared, 'submit', declarant, 'declarant', '{}')) as step (ord, at, action, actor, role, details)
    union all
    select i, ord, at, action, o.actor, role, details
      from told, lateral (values
        (3, registered, 'register', 'gate_manager', 'gate_manager', '{' || coalesce('"yard":"' || to_yard || '",', '') || '"tracks":{"customs":"customs-always"'
            || case when not for_health then '' when is_chinese then ',"health":"health-foreign-driver"' else ',"health":"health-import"' end
            || case when for_plant then ',"plant_quarantine":"plant-products"' else '' end || ',"border_guard":"border-guard-always","fee":"fee-always"}}'),
        (4, lane_set, 'customs.set_lane', 'customs_officer', 'customs_officer', '{"lane":' || lane || '}'),
        (5, assessed, 'fee.assess', 'fee_collector', 'fee_collector', '{"amount_vnd":' || fee || ',"working":' || working || '}'),
        (6, paid, 'fee.pay', 'fee_collector', 'fee_collector', '{"amount_vnd":' || fee || ',"receipt":"' || receipt || '"}'),
        (7, arrived, 'arrive', 'border_guard', 'border_guard', '{"observed_plate":"' || plate || '"}'),
        (8, yard_in, 'enter_yard', 'yard_operator', 'yard_operator', '{"yard":"' || to_yard || '"}'),
        (9, documents, 'customs.check_documents', 'customs_officer', 'customs_officer', '{}'),
        (10, health, 'health.pass', 'quarantine_health', 'quarantine_officer', '{}'),
        (11, plant, 'plant_quarantine.pass', 'quarantine_plant', 'quarantine_officer', '{}'),
        (12, cleared, 'customs.clear', 'customs_officer', 'customs_officer', '{}'),
        (13, ready, 'border_guard.pass', 'border_guard', 'border_guard', '{}'),
        (14, ready, 'make_ready', 'system', 'system', '{}'),
        (15, yard_out, 'leave_yard', 'yard_operator', 'yard_operator', '{}'),
        (16, crossed, 'complete', 'border_guard', 'border_guard', '{"observed_plate":"' || plate || '"}'),
        (17, ended, case otherwise when 'cancelled' then 'cancel' when 'expired' then 'expire' when 'rejected' then 'reject' else 'turn_back' end,
            case otherwise when 'cancelled' then 'gate_manager' when 'expired' then 'system' when 'rejected' then 'customs_officer' else 'border_guard' end,
            case otherwise when 'cancelled' then 'gate_manager' when 'expired' then 'system' when 'rejected' then 'customs_officer' else 'border_guard' end,
            coalesce('{"reason":"' || reason || '"}', '{}')),
        -- After an end the yard is left before the gate, and both after it.
        (18, gone, 'leave_gate', 'border_guard', 'border_guard', '{}')) as step (ord, at, action, username, role, details)
      join growth.officers o using (username)
     where is_whole and at is not null
), taken as materialized (
    select i, number, seq, at, action, actor, role, details,
           growth.chain(growth.part(number, seq, at, action, actor, role, details)) over (partition by i order by seq) as hash
      from (select i, number, (row_number() over (partition by i order by at, ord))::integer as seq, at, action, actor, role, details
              from kept join told using (i)) as ordered
), last as materialized (
    select distinct on (i) i, seq, at, action, hash from taken order by i, seq desc
), actions_written as (
    insert into actions (declaration, seq, action, actor, role, at, recorded_at, details, hash)
    select number, seq, action, actor, role, growth.instant(at), growth.instant(at), details::json, hash from taken order by number, seq
), receipts_written as (
    insert into receipts (receipt, kind, declaration, seq, crossing_point, day, at, amount_vnd, actor)
    select d.receipt, 'payment', d.number, t.seq, d.crossing_point, growth.local_day(t.at), growth.instant(t.at), d.fee, t.actor
      from taken t join told d using (i) where t.action = 'fee.pay'
), vehicles_written as (
    insert into vehicles_present (vehicle, direction, declaration)
    select country || ':' || plate, direction, number from told where ended is null and crossed is null
), declarations_written as (
    insert into declarations (number, revision, state, firm, declarant, direction, crossing_point, cargo_class, plate, trader_tax_code, customs_declarations, tracks,
                              content, people, people_salt, people_digest, progress, created_at, declared_at, registered_at, arrived_at, cleared_at, yard_in_at, yard_out_at,
                              ready_at, completed_at, ended_at, left_at, last_action, last_action_at, waiting_since, head)
    select number, last.seq, state, firm, declarant, direction, crossing_point, cargo_class, plate, trader,
           case when hs_code is null then '{}' else array[case direction when 'export' then '30' else '10' end || to_char(day, 'YY') || left(customs, 7)] end, tracks,
           content::json, people::json, salt, people_digest,
           ('{' || concat_ws(',',
               case when registered is not null then '"tracks":{"customs":{"because":"customs-always","state":"' || customs_state || '"'
                   || case when lane_set is not null then ',"lane":' || lane else '' end
                   || case when documents is not null then ',"documents_checked":true,"documents_since":"' || growth.written(lane_set) || '"' else '' end || '}'
                   || case when for_health then ',"health":{"because":"' || case when is_chinese then 'health-foreign-driver' else 'health-import' end || '","state":"' || health_state || '"}' else '' end
                   || case when for_plant then ',"plant_quarantine":{"because":"plant-products","state":"' || plant_state || '"}' else '' end
                   || ',"border_guard":{"because":"border-guard-always","state":"' || guard_state || '"},"fee":{"because":"fee-always","state":"' || fee_state || '"'
                   || case when assessed is not null then ',"amount_vnd":' || fee else '' end
                   || case when assessed is not null and is_whole then ',"working":' || working else '' end
                   || case when paid is not null and is_whole then ',"receipt":"' || receipt || '","payments":[{"at":"' || growth.written(paid) || '","amount_vnd":' || fee || '}]' else '' end || '}}' end,
               case when yard_in is not null and yard_out is null then '"yard":{"yard":"' || to_yard || '"}' end,
               case when registered is not null then '"assigned_yard":"' || to_yard || '"' end,
               case when arrived is not null then '"observed_plate":"' || plate || '"' end,
               case when ended is not null then '"end_reason":"' || reason || '"' end,
               case when state in ('registered', 'arrived', 'in_yard', 'ready') then '"pass":3' end) || '}')::json,
           growth.instant(declared), growth.instant(declared), growth.instant(registered), growth.instant(arrived), growth.instant(cleared), growth.instant(yard_in),
           growth.instant(yard_out), growth.instant(ready), growth.instant(crossed), growth.instant(ended), growth.instant(gone),
           case when is_whole then last.action else case state when 'completed' then 'complete' when 'cancelled' then 'cancel' when 'expired' then 'expire' else 'leave_gate' end end,
           growth.instant(case when is_whole then last.at else coalesce(crossed, gone, ended) end),
           growth.instant(case state when 'submitted' then last.at when 'registered' then registered end), last.hash
      from told join last using (i) order by number
), counted as (
    insert into throughput as t (day, crossing_point, direction, cargo_class, declared, registered, arrived, cleared, completed, completed_kg,
                                 cancelled, rejected, expired, turned_back, "left", fell_away, fees_vnd)
    select growth.local_day(at), crossing_point, direction, cargo_class,
           count(*) filter (where measure = 'declared'), count(*) filter (where measure = 'registered'), count(*) filter (where measure = 'arrived'),
           count(*) filter (where measure = 'cleared'), count(*) filter (where measure = 'completed'), coalesce(sum(gross_kg) filter (where measure = 'completed'), 0),
           count(*) filter (where measure = 'cancelled'), count(*) filter (where measure = 'rejected'), count(*) filter (where measure = 'expired'),
           count(*) filter (where measure = 'turned_back'), count(*) filter (where measure = 'left'), count(*) filter (where measure = 'fell_away'),
           coalesce(sum(fee) filter (where measure = 'fees_vnd'), 0)
      from told, lateral (values ('declared', declared), ('registered', registered), ('arrived', arrived), ('cleared', cleared), ('completed', crossed), (otherwise, ended),
                                 (case when arrived is not null then 'left' when registered is not null then 'fell_away' end, coalesce(crossed, ended)),
                                 (case when is_whole then 'fees_vnd' end, paid)) as stamp (measure, at)
     where measure is not null and at is not null
     group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (day, crossing_point, direction, cargo_class) do update set
        declared = t.declared + excluded.declared, registered = t.registered + excluded.registered, arrived = t.arrived + excluded.arrived,
        cleared = t.cleared + excluded.cleared, completed = t.completed + excluded.completed, completed_kg = t.completed_kg + excluded.completed_kg,
        cancelled = t.cancelled + excluded.cancelled, rejected = t.rejected + excluded.rejected, expired = t.expired + excluded.expired,
        turned_back = t.turned_back + excluded.turned_back, "left" = t."left" + excluded."left", fell_away = t.fell_away + excluded.fell_away,
        fees_vnd = t.fees_vnd + excluded.fees_vnd
)
insert into dwell as t (day, crossing_point, direction, cargo_class, pair, bucket, vehicles)
select growth.local_day(greatest(first, second)), crossing_point, direction, cargo_class, pair,
       width_bucket(greatest(second - first, 0) / 1000, fewest)::smallint, count(*)
  from told, (select growth.fewest() as fewest) as buckets,
       lateral (values ('arrived,cleared', arrived, cleared), ('arrived,completed', arrived, crossed), ('declared,completed', declared, crossed)) as pairs (pair, first, second)
 where first is not null and second is not null
 group by 5, 1, 2, 3, 4, 6 order by 5, 1, 2, 3, 4, 6
on conflict (pair, day, crossing_point, direction, cargo_class, bucket) do update set vehicles = t.vehicles + excluded.vehicles
$$;

-- What hangs on all of it together: who stands in which yard, and the stock, which is a sum of the counters.
create procedure growth.round_off() language sql as $$
    insert into places (room, place, declaration)
    select 'yard:' || yard, row_number() over (partition by yard order by number), number
      from (select number, progress -> 'yard' ->> 'yard' as yard from declarations where state <> 'completed') as parked
     where yard is not null;
    delete from stock;
    insert into stock (month, crossing_point, direction, cargo_class, inside, registered)
    select date_trunc('month', day)::date, crossing_point, direction, cargo_class, sum(arrived - "left"), sum(registered - arrived - fell_away)
      from throughput group by 1, 2, 3, 4
    having sum(arrived - "left") <> 0 or sum(registered - arrived - fell_away) <> 0;
$$;
