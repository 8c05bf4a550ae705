"""样例记录簿的话。"""
from __future__ import annotations

MESSAGES = {
    "demo.progress": "正在写样例",
    "demo.done": "样例记录簿已建在 {path}：{records} 份记录，{commits} 次提交",
    "demo.story": "样例故事走到这里走不通：{place}",
    "demo.try-overdue": "现在有什么逾期了，该谁处理",
    "demo.try-search": "哪些报修说到漏水",
    "demo.try-keys": "哪些钥匙还在外面",
    "demo.try-show": "一件重大投诉，从登记到归档",
    "demo.try-history": "这件投诉，谁在什么时候改了什么",
}
FIXES = {
    "demo.story": "这是程序自带的故事与表单不合，请把上面的话告诉维护人",
}
