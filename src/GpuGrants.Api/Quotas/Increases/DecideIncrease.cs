using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Api.Store;
using GpuGrants.Independence;

namespace GpuGrants.Api.Quotas.Increases;

/// <summary>
/// A person's verdict on a request for a higher limit: approved in full or in part, denied, or withdrawn by the applicant.
/// </summary>
public sealed class DecideIncrease : Command<IncreaseDecided>
{
    public required Guid IncreaseId { get; init; }

    /// <summary>One of <see cref="IncreaseStatus"/>, except in-review.</summary>
    public required string Status { get; init; }

    /// <summary>The limit that is granted, in the rule's unit; null for the one that was asked for.</summary>
    public decimal? Limit { get; init; }

    public string? Comment { get; init; }

    /// <summary>Roles that the reviewer has on the policy's programme or above it.</summary>
    public IReadOnlyList<string> ReviewerRoles { get; init; } = [];

    /// <summary>The reviewer; null when the applicant withdraws.</summary>
    public Decider? Decider { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
        Decider?.Plan(batch);
        if (!batch.Rows<QuotaIncrease>().TryRead(new RowKey(Tree.Value, IncreaseId), out var row) || row is null)
            return;
        var subject = SubjectId.Parse(row.SubjectId);
        OverrideBook.Plan(batch, batch.Tree(Tree), row.PolicyId, row.RuleId, subject);
        if (Decider is not null)
            OverrideParties.Plan(batch, subject);
    }

    public override Outcome<IncreaseDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!batch.Unchanged<QuotaIncrease>(new RowKey(Tree.Value, IncreaseId), ExpectedVersion).TryGet(out var row, out var no))
            return no;
        if (row.Status != IncreaseStatus.InReview)
            return Refusal.Conflict(
                "increase-not-open",
                $"The request is {row.Status}. Only a request in review can be decided or withdrawn.",
                "status"
            ) with
            {
                MessageKo = "심사 중인 신청만 결정하거나 철회할 수 있습니다. 이 신청은 이미 끝났습니다.",
            };
        if (Decider?.Refuse(batch, tree.At, [.. Parties(row), .. Raised(batch, tree, row)]) is { } involved)
            return involved;
        if (Status == IncreaseStatus.Approved && Approve(batch, tree, row) is { } refused)
            return refused;
        if (Status != IncreaseStatus.Approved)
            row.Status = Status;
        batch.Change(row, tree.At);
        var decision = Increase.Decided(
            batch,
            tree,
            row,
            DecidedBy.Person,
            row.Status == IncreaseStatus.InReview ? "endorsed-by-reviewer" : Code,
            Comment ?? (row.Status == IncreaseStatus.InReview ? "A reviewer endorsed it. Others still have to approve." : Sentence),
            Comment is not null ? null
                : row.Status == IncreaseStatus.InReview ? "담당자 한 명이 동의했습니다. 다른 담당자의 승인이 더 필요합니다."
                : KoreanSentence,
            Actor
        );
        Decider?.Decided(batch, Tree, row.Id);
        return new IncreaseDecided(row, decision);
    }

    /// <summary>Whom a higher limit benefits: who asked, the organization, and the partner that asked for it.</summary>
    private static IEnumerable<Party> Parties(QuotaIncrease row)
    {
        yield return Party.Person(row.RequestedBy);
        yield return Party.Organization(row.OrganizationId);
        if (row.PartnerId is { } partner)
            yield return Party.Partner(partner);
    }

    /// <summary>Whom the raised limit itself benefits: its subject, and all organizations of a person.</summary>
    private static IReadOnlyList<Party> Raised(BatchState batch, TreeChanges tree, QuotaIncrease row) =>
        OverrideParties.Of(batch, tree, row.PolicyId, SubjectId.Parse(row.SubjectId));

    private string Code =>
        Status switch
        {
            IncreaseStatus.Approved => "approved-by-reviewer",
            IncreaseStatus.Denied => "denied-by-reviewer",
            _ => "withdrawn",
        };

    private string Sentence => Status == IncreaseStatus.Approved ? "A reviewer approved it." : "The applicant withdrew it.";

    private string KoreanSentence => Status == IncreaseStatus.Approved ? "담당자가 승인했습니다." : "신청자가 취소했습니다.";

    private Refusal? Approve(BatchState batch, TreeChanges tree, QuotaIncrease row)
    {
        if (OverrideBook.FindPresentRule(tree, row.PolicyId, row.RuleId) is not { } rule)
            return Refusal.Conflict(
                "rule-gone",
                "The policy's newest version has no such rule any more, so there is no limit to raise. Deny the request.",
                "ruleId"
            ) with
            {
                MessageKo = "정책의 최신 버전에 이 규칙이 없어 올릴 한도가 없습니다. 신청을 거절해 주십시오.",
            };
        var unit = rule.Rule.Measure.Unit;
        var granted = row.Wanted;
        if (Limit is { } limit && (!AmountText.TryParse(limit, unit, out granted) || granted > row.Wanted))
            return Refusal.Invalid(
                "limit",
                $"Grant at most the {AmountText.Write(row.Wanted, unit)} that were asked for. {AmountText.Rule(unit)}"
            );
        if (row.Endorsed is { } least && least < granted)
            granted = least;
        var need = OverrideBook.NeedOf(tree, row.PolicyId, row.RuleId);
        if (Decider!.IsAmong(batch, row.ApprovedBy))
            return Refusal.Conflict("approved-before", "You approved it before. Another reviewer has to approve it.") with
            {
                MessageKo = "이미 승인하셨습니다. 다른 심사자가 승인해야 합니다.",
            };
        if (need.Count > 1 && !Decider.DecidesAlone(batch, tree.At) && Decider.RefuseUnproved(batch) is { } unproved)
            return unproved;
        if (OverrideBook.RefuseRole(need, ReviewerRoles) is { } missing)
            return missing;
        var overrides = Increase.Overrides(batch, tree, row).Select(row => row.ToOverride()).ToList();
        var verdict = IncreaseRules.Decide(rule.Rule, overrides, granted, tree.At);
        if (verdict.Verdict == IncreaseVerdict.Refuse)
            return Refusal.Conflict(verdict.Code, verdict.Message, "limit") with { MessageKo = verdict.KoreanMessage };
        row.ApprovedBy = [.. row.ApprovedBy, Actor.PrincipalId];
        row.Endorsed = granted;
        return row.ApprovedBy.Length < need.Count && !Decider.DecidesAlone(batch, tree.At)
            ? null
            : Increase.Raise(batch, tree, row, granted, Actor, verdict.Ends);
    }
}
