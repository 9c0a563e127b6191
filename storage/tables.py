"""Every table and every constraint. Facts are stored; what can be computed from them is not.

A name here is the office's word for the thing. The tables stand in the rooms beside this one, by noun.
"""

from __future__ import annotations

from storage.tables_appointments import Absence as Absence
from storage.tables_appointments import Appointment as Appointment
from storage.tables_appointments import Pairing as Pairing
from storage.tables_appointments import Right as Right
from storage.tables_appointments import Role as Role
from storage.tables_appointments import UnitName as UnitName
from storage.tables_awards import Attachment as Attachment
from storage.tables_awards import AwardFile as AwardFile
from storage.tables_callbacks import Callback as Callback
from storage.tables_care import FeedbackTask as FeedbackTask
from storage.tables_care import LibraryAnswer as LibraryAnswer
from storage.tables_climbing import DutyClimb as DutyClimb
from storage.tables_climbing import Rung as Rung
from storage.tables_delivery import Budget as Budget
from storage.tables_delivery import DeliveryFailure as DeliveryFailure
from storage.tables_delivery import Lane as Lane
from storage.tables_delivery import Lease as Lease
from storage.tables_delivery import Line as Line
from storage.tables_delivery import Outbox as Outbox
from storage.tables_delivery import Policy as Policy
from storage.tables_delivery import Priority as Priority
from storage.tables_delivery import Sending as Sending
from storage.tables_duties import DutyDone as DutyDone
from storage.tables_duties import DutyLook as DutyLook
from storage.tables_duties import DutyNotice as DutyNotice
from storage.tables_duties import DutyObstacle as DutyObstacle
from storage.tables_duties import DutySnooze as DutySnooze
from storage.tables_duties import Notice as Notice
from storage.tables_feedback import Feedback as Feedback
from storage.tables_feedback import FeedbackEvent as FeedbackEvent
from storage.tables_feedback import Pseudonym as Pseudonym
from storage.tables_files import FileLink as FileLink
from storage.tables_files import StoredFile as StoredFile
from storage.tables_linking import LinkCode as LinkCode
from storage.tables_members import Consent as Consent
from storage.tables_members import Conversation as Conversation
from storage.tables_members import Draft as Draft
from storage.tables_members import Erasure as Erasure
from storage.tables_members import Member as Member
from storage.tables_members import MemberAddress as MemberAddress
from storage.tables_members import Offered as Offered
from storage.tables_news import Announcing as Announcing
from storage.tables_news import Broadcast as Broadcast
from storage.tables_news import SloganTurn as SloganTurn
from storage.tables_nights import NightNotice as NightNotice
from storage.tables_officers import Agreement as Agreement
from storage.tables_officers import Assignment as Assignment
from storage.tables_officers import CannedAnswer as CannedAnswer
from storage.tables_officers import Forwarding as Forwarding
from storage.tables_officers import Purpose as Purpose
from storage.tables_officers import Score as Score
from storage.tables_officers import Selection as Selection
from storage.tables_officers import Target as Target
from storage.tables_programmes import Duty as Duty
from storage.tables_programmes import Programme as Programme
from storage.tables_programmes import Slogan as Slogan
from storage.tables_programmes import Watch as Watch
from storage.tables_reach import Quota as Quota
from storage.tables_reach import Window as Window
from storage.tables_records import Audit as Audit
from storage.tables_records import Seen as Seen
from storage.tables_records import Setting as Setting
from storage.tables_submissions import Kind as Kind
from storage.tables_submissions import State as State
from storage.tables_submissions import Submission as Submission
from storage.tables_submissions import Transition as Transition
from storage.tables_submissions import Version as Version
from storage.tables_units import Level as Level
from storage.tables_units import Unit as Unit
from storage.tables_zalo import Grant as Grant
from storage.tables_zalo import OaProfile as OaProfile
