"""关于导入的话。"""
from __future__ import annotations

MESSAGES = {
    "import.encoding": "{path} 不是 UTF-8 文字",
    "import.empty": "{path} 是空的",
    "import.column": "文件里没有“{found}”这一列",
    "import.wide": "表里有 {count} 列，太多了",
    "import.column-twice": "列名重复：{columns}",
    "import.csv": "CSV 读不下去：{why}",
    "import.json": "JSON 读不下去：{why}",
    "import.not-an-object": "这一行不是一条记录",
    "import.no-key": "这一行的“{column}”是空的",
    "import.key-twice": "编号“{key}”在第 {first} 行已出现过",
    "import.kind": "不能导入 {found} 文件",
    "import.no-fields": "文件里没有一列对应表单的字段（{known}）",
}
FIXES = {
    "import.encoding": "另存为 UTF-8 再导入",
    "import.empty": "检查文件",
    "import.column": "文件里有：{known}。{hint}",
    "import.wide": "只留要导入的列，再导入",
    "import.column-twice": "给每一列不同的名字",
    "import.csv": "检查这一行的引号",
    "import.json": "检查这一行",
    "import.not-an-object": "每条记录写成 {{…}}",
    "import.no-key": "补上编号，或换一列作 --key",
    "import.key-twice": "去掉重复的一行",
    "import.kind": "另存为这些格式之一：{known}",
    "import.no-fields": "用 --map 字段=列 说明哪一列是什么",
}
