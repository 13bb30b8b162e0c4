"""The one catalogue of texts that are published in Thai and English: headings and words of statements and tax lists.

A text is named by its English form; what is not in the catalogue is an error, never shown in the wrong language.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from chargeback.evidence.period import Period

Language = Literal["en", "th", "both"]

THAI: Mapping[str, str] = MappingProxyType({
    # tax lists, in the words of the Thai returns
    "Input VAT report": "รายงานภาษีซื้อ",
    "Tax withheld (P.N.D. 53)": "ภาษีเงินได้หัก ณ ที่จ่าย (ภ.ง.ด.53)",
    "Company": "บริษัท",
    "tax id": "เลขประจำตัวผู้เสียภาษีอากร",
    "Nothing to report.": "ไม่มีรายการ",
    "Services": "ค่าบริการ",
    "No.": "ลำดับที่",
    "Date of tax invoice": "วัน เดือน ปี",
    "Tax invoice no.": "เลขที่ใบกำกับภาษี",
    "Seller": "ชื่อผู้ขายสินค้า/ผู้ให้บริการ",
    "Seller's tax id": "เลขประจำตัวผู้เสียภาษีอากร",
    "Head office or branch": "สำนักงานใหญ่/สาขาที่",
    "Value of services": "มูลค่าสินค้าหรือบริการ",
    "Value added tax": "จำนวนเงินภาษีมูลค่าเพิ่ม",
    "Currency": "สกุลเงิน",
    "Invoice": "เลขที่ใบแจ้งหนี้",
    "Billing account": "บัญชีเรียกเก็บเงิน",
    "Event": "รายการ",
    "Payee's tax id": "เลขประจำตัวผู้เสียภาษีอากร",
    "Payee": "ชื่อผู้มีเงินได้",
    "Branch": "สาขาที่",
    "Date of payment": "วัน เดือน ปี ที่จ่าย",
    "Type of income": "ประเภทเงินได้ที่จ่าย",
    "Rate of tax": "อัตราภาษีร้อยละ",
    "Amount paid": "จำนวนเงินที่จ่ายในครั้งนี้",
    "Tax withheld": "จำนวนเงินภาษีที่หัก",
    "Condition": "เงื่อนไข",
    "Total": "รวม",
    # statements
    "Statement of cost": "ใบแจ้งค่าใช้จ่าย",
    "Skip to the content": "ข้ามไปยังเนื้อหา",
    "revision": "ฉบับที่",
    "Team": "ทีม",
    "Cost centre": "ศูนย์ต้นทุน",
    "Expense account (GL)": "บัญชีค่าใช้จ่าย (GL)",
    "Month": "เดือน",
    "Status of the month": "สถานะของเดือน",
    "reconciled": "กระทบยอดแล้ว",
    "with exceptions": "มีข้อยกเว้นที่ยังไม่มีผู้รับรอง",
    "not to be booked": "ยังไม่ให้บันทึกบัญชี",
    "Source": "แหล่งข้อมูล",
    "Collected": "รวบรวมเมื่อ",
    "These are not the platform's figures.": "ตัวเลขเหล่านี้ไม่ได้มาจากแพลตฟอร์ม",
    "They came from a program on the same computer: a simulation or a test, not a bill to book.":
        "มาจากโปรแกรมบนเครื่องเดียวกัน เป็นการจำลองหรือการทดสอบ ไม่ใช่ค่าใช้จ่ายที่ต้องบันทึกบัญชี",
    "none": "ไม่มี",
    "Cost of the month": "ค่าใช้จ่ายของเดือน",
    "Nothing was charged to this team in this month.": "ไม่มีค่าใช้จ่ายของทีมนี้ในเดือนนี้",
    "Net": "ก่อนภาษี",
    "Tax": "ภาษี",
    "Gross": "รวมภาษี",
    "Lines": "จำนวนรายการ",
    "Tax that cannot be reclaimed, so it is cost too": "ภาษีที่ขอคืนไม่ได้ ซึ่งเป็นค่าใช้จ่ายด้วย",
    "Change since the month before": "เปลี่ยนแปลงจากเดือนก่อน",
    "Budget": "งบประมาณ",
    "Budget and actual": "งบประมาณเทียบกับค่าใช้จ่ายจริง",
    "Actual": "ค่าใช้จ่ายจริง",
    "Left": "คงเหลือ",
    "Used": "ใช้ไป",
    "Span": "ช่วงเวลา",
    "This month": "เดือนนี้",
    "Year to date": "สะสมตั้งแต่ต้นปี",
    "months": "เดือน",
    "Twelve months": "สิบสองเดือน",
    "Change": "เปลี่ยนแปลง",
    "not archived": "ไม่มีในคลังเอกสาร",
    "not recorded": "ไม่ได้บันทึกไว้",
    "The months before are as their latest revisions had them when this one was made.":
        "เดือนก่อนหน้าแสดงตามฉบับล่าสุด ณ เวลาที่จัดทำฉบับนี้",
    "What changed and why": "สิ่งที่เปลี่ยนแปลงและเหตุผล",
    "This statement replaces the one of revision": "ใบแจ้งนี้แทนที่ใบแจ้งฉบับที่",
    "No amount of this team changed.": "ไม่มีจำนวนเงินของทีมนี้ที่เปลี่ยนแปลง",
    "Amount": "จำนวนเงิน",
    "Before": "ก่อน",
    "After": "หลัง",
    "Difference": "ผลต่าง",
    "What the platform answered is different.": "คำตอบของแพลตฟอร์มเปลี่ยนไป",
    "The configuration is different.": "การตั้งค่าเปลี่ยนไป",
    "Another version of chargeback made this revision.": "ฉบับนี้จัดทำด้วย chargeback รุ่นอื่น",
    "was voided and replaced by": "ถูกยกเลิกและแทนที่ด้วย",
    "was replaced by": "ถูกแทนที่ด้วย",
    "was voided": "ถูกยกเลิก",
    "is booked no more": "ไม่ถูกบันทึกแล้ว",
    "is a new invoice": "เป็นใบแจ้งหนี้ใหม่",
    "has another total": "มียอดรวมใหม่",
    "was paid": "ชำระแล้ว",
    "came to this team by the configuration": "ย้ายมาเป็นของทีมนี้ตามการตั้งค่า",
    "left this team by the configuration": "ย้ายออกจากทีมนี้ตามการตั้งค่า",
    "is split in other parts by the configuration": "แบ่งในสัดส่วนใหม่ตามการตั้งค่า",
    "is split in other parts, because the teams' own projects cost otherwise":
        "แบ่งในสัดส่วนใหม่ เพราะค่าใช้จ่ายของโครงการของแต่ละทีมเปลี่ยนไป",
    "By project and resource": "ตามโครงการและทรัพยากร",
    "Project": "โครงการ",
    "Resource": "ทรัพยากร",
    "without a project": "ไม่ระบุโครงการ",
    "no resource": "ไม่ระบุทรัพยากร",
    "Share": "สัดส่วน",
    "smaller ones": "รายการที่เล็กกว่า",
    "Shared projects: this team's part": "โครงการที่ใช้ร่วมกัน: ส่วนของทีมนี้",
    "How it was split": "วิธีแบ่ง",
    "This team's share": "สัดส่วนของทีมนี้",
    "Contained in the figures above.": "รวมอยู่ในตัวเลขข้างต้นแล้ว",
    "evenly over the teams": "แบ่งเท่ากันทุกทีม",
    "in proportion to what each team's own projects cost in the month":
        "ตามสัดส่วนค่าใช้จ่ายของโครงการของแต่ละทีมในเดือน",
    "by weights": "ตามน้ำหนัก",
    "of": "จาก",
    "How it came about": "ที่มา",
    "own projects": "โครงการของทีม",
    "share of shared projects": "ส่วนแบ่งจากโครงการที่ใช้ร่วมกัน",
    "adjustments": "รายการปรับปรุง",
    "Exceptions that touch this team": "ข้อยกเว้นที่เกี่ยวข้องกับทีมนี้",
    "Check": "การตรวจสอบ",
    "Concerns": "เกี่ยวกับ",
    "What was found": "สิ่งที่พบ",
    "The figures are those of": "ตัวเลขตรงกับ",
})  # fmt: skip
"""By its English text, the Thai one."""

_THAI_MONTHS = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
_BUDDHIST_ERA = 543


def said(text: str, language: Language, between: str = " ") -> str:
    """The text in the language; in both the Thai one first. ``KeyError`` where the catalogue lacks it."""
    thai = THAI[text]
    return {"en": text, "th": thai, "both": f"{thai}{between}{text}"}[language]


def thai_month(period: Period) -> str:
    """The month as Thai documents write it, in the years of the Buddhist era: "พฤษภาคม 2569"."""
    return f"{_THAI_MONTHS[period.month - 1]} {period.year + _BUDDHIST_ERA}"
