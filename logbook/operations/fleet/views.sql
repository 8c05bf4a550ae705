-- The group report over an export: views on two tables, `records` and `clocks`, that read the Parquet files of
-- these names with their partitions site, form and month. Plain enough for DuckDB and for Spark.

-- The hour the report is of. Replace this view for another one.
create or replace temporary view moment as
select current_timestamp as now;

-- What was recorded and what is still open, by site, form and month. Standing data (registers) has no month.
create or replace temporary view by_month as
select site, form, month,
       count(*) as records,
       sum(case when _closed then 0 else 1 end) as still_open
from records
where not _voided and month is not null
group by site, form, month;

-- Deadlines that are past and not met.
create or replace temporary view overdue_clocks as
select c.site, c.form, c.month, c._record as id, c.clock, c.due, c.to_role
from clocks c cross join moment m
where c.stopped is null and c.due < m.now;

create or replace temporary view overdue_by_site as
select s.site, count(o.id) as overdue
from (select distinct site from records) s left join overdue_clocks o on o.site = s.site
group by s.site;

-- How many complaints were settled in time, by the first deadline. One that is overdue counts as late.
create or replace temporary view complaints_on_time as
select site, settled, on_time, overdue,
       round(cast(on_time as double) / nullif(settled + overdue, 0), 4) as rate
from (
  select c.site,
         sum(case when c.strict in ('met', 'breached') then 1 else 0 end) as settled,
         sum(case when c.strict = 'met' then 1 else 0 end) as on_time,
         sum(case when c.stopped is null and c.due < m.now then 1 else 0 end) as overdue
  from clocks c cross join moment m
  where c.form = 'complaint' and c.clock = 'resolve'
  group by c.site
) counted;
