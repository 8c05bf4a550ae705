"""值班窗口说的话。"""
from __future__ import annotations

MESSAGES = {
    "desk.no-terminal": "值班窗口要在命令窗口里用",
    "desk.desk": "前台 {letter}",
    "desk.counts": "逾期 {overdue} 项，八小时内要办 {soon} 项",
    "desk.more": "另有 {count} 项：a 看全部",
    "desk.late": "逾期",
    "desk.by": "前办",
    "desk.keys": "k 钥匙  / 查找  g 打开  o 上下岗  h 交接  s 换人  d 草稿  ? 帮助  q 离开",
    "desk.help": "号码或表单名（漏几个字、拼音首字母都行）：登记，如 1、投诉、ts\n1 3-502 王芳 漏水：一句登记\nk 502：借还钥匙　/漏水：查找　g 2：打开上面列出的第 2 条，再选步骤\ng CP-20261122-A001：打开一条　s 李娜：换人　h：交接班　o：上岗、下岗\n回车：再看一遍要办的事　Ctrl-C：不填了（留作草稿）",
    "desk.search": "找什么",
    "desk.go": "哪一条（号码或编号）",
    "desk.pick": "g 号码 打开",
    "desk.key": "哪把钥匙（编号、房号）",
    "desk.key-back": "{key} 在外面：回车还回，+ 再借一把，n 返回",
    "desk.who": "您是谁（工号、姓名、拼音首字母）",
    "desk.still": "有一阵没用了。还是{name}吗？回车是，不是请输入姓名",
    "desk.whose": "姓名",
    "desk.unknown": "没有“{found}”，? 看帮助",
    "desk.left": "放下了，没有写入",
    "desk.how-to-leave": "q 离开，? 看帮助",
    "desk.not-handed": "日志 {id} 还没有交接、下岗：h 交接，o 下岗；仍要离开敲 q",
    "desk.log-off": "{id} 下岗：回车确认，n 返回",
    "desk.accept": "{id} 等您接班：回车接班，n 看交接内容",
    "desk.hand-to": "交给谁（回车返回）",
    "desk.attention": "注意事项（可不填）",
}
FIXES = {
    "desk.no-terminal": "用 logbook agenda、logbook add 等单条命令",
}
