"""只读网站的用语。"""

from __future__ import annotations

MESSAGES = {
    "site.not-ours": "{path} 里有别的东西（{found}），不是 logbook 建的网站，没有写入",
    "site.in-book": "{path} 在记录簿里面，网页会和记录混在一起",
    "site.empty": "{path} 里还没有提交，没有可看的",
    "site.building": "正在写网页",
    "site.built": "{all} 条记录；重写 {records} 条的网页，写了 {written} 个文件，删去 {removed} 个",
}

FIXES = {
    "site.not-ours": "用一个空文件夹，或新的文件夹名",
    "site.in-book": "换一个记录簿以外的文件夹",
    "site.empty": "先登记记录",
}
