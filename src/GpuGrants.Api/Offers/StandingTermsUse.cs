using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>
/// Looks whether standing terms accept an offer. An offer that terms have accepted stays under these terms until an administrator accepts
/// something beyond them.
/// </summary>
internal static class StandingTermsUse
{
    /// <summary>The most terms that one offer is compared with, oldest first.</summary>
    private const int MaxCompared = 50;

    /// <summary>Terms that a new offer may lie within. Terms that are made after this reading do not count for it.</summary>
    public static Task<Guid[]> FindAsync(HttpContext http, GpuGrantsContext db, Guid programme, Guid provider, string gpuModel) =>
        db.Set<StandingTermsRow>()
            .Where(row =>
                row.ProgrammeId == programme && row.ProviderId == provider && row.GpuModelId == gpuModel && row.Status == "active"
            )
            .OrderBy(row => row.Id)
            .Take(MaxCompared)
            .Select(row => row.Id)
            .ToArrayAsync(http.RequestAborted);

    public static void Plan(BatchState batch, Guid root, IReadOnlyList<Guid> ids)
    {
        foreach (var id in ids)
            batch.Rows<StandingTermsRow>().Want(new RowKey(root, id));
    }

    /// <summary>Wants the terms that an offer lies within.</summary>
    public static void Plan(BatchState batch, OfferRow seen)
    {
        if (batch.Rows<OfferRow>().TryRead(OfferChange.KeyOf(seen), out var row) && row?.StandingTermsId is { } id)
            Plan(batch, row.RootProgrammeId, [id]);
    }

    /// <summary>The first terms that accept the new offer; null when none do.</summary>
    public static Guid? Choose(BatchState batch, OfferRow row, IReadOnlyList<Guid> ids, Rate rate, GpuTime more, Actor actor) =>
        ids.Cast<Guid?>().FirstOrDefault(id => Admit(batch, row, id!.Value, TermsOf(row, rate, row.EndsAt, more), actor));

    /// <summary>Whether the terms that the offer lies within accept more of it.</summary>
    public static bool Admit(BatchState batch, OfferRow row, Rate rate, DateTimeOffset? endsAt, GpuTime more, Actor actor) =>
        row.StandingTermsId is { } id && Admit(batch, row, id, TermsOf(row, rate, endsAt, more), actor);

    /// <summary>Counts GPU time that was accepted under the terms that the offer lies within.</summary>
    public static void Take(BatchState batch, OfferRow row, GpuTime more)
    {
        if (more.IsZero || row.StandingTermsId is not { } id)
            return;
        var terms = batch.Rows<StandingTermsRow>().Find(new RowKey(row.RootProgrammeId, id))!;
        terms.TakenSeconds += more.Seconds;
        batch.Change(terms, batch.Tree(TreeId.Of(row.RootProgrammeId)).At);
    }

    /// <summary>Whoever made the terms accepts nothing by them: consent takes two.</summary>
    private static bool Admit(BatchState batch, OfferRow row, Guid id, OfferTerms asked, Actor actor) =>
        batch.Rows<StandingTermsRow>().Find(new RowKey(row.RootProgrammeId, id)) is { } terms
        && terms.CreatedBy != actor.PrincipalId
        && terms.ToTerms().Admit(asked);

    private static OfferTerms TermsOf(OfferRow row, Rate rate, DateTimeOffset? endsAt, GpuTime more) =>
        new(row.ProviderId, row.GpuModelId, row.Region, row.StartsAt, endsAt, rate, more, row.SettlementSeconds, row.ProviderApproves);
}
