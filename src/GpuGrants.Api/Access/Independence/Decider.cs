using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Independence;
using GpuGrants.Trees;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Access.Independence;

/// <summary>
/// Somebody who decides. Every command by which a person decides asks here whether they are independent of all that it benefits, inside its
/// own transaction. It remembers nothing: it lives through all tries of its command, and by which waiver somebody decides may be another
/// thing in each.
/// </summary>
/// <param name="actor">Who decides.</param>
/// <param name="window">How long a past role counts.</param>
/// <param name="confirmed">Principals for whom those who run the service vouch.</param>
public sealed class Decider(Actor actor, TimeSpan window, IReadOnlyCollection<Guid> confirmed)
{
    /// <summary>Wants the roles that are asked for.</summary>
    public void Plan(BatchState batch) => batch.Table<Belongings>().Want(actor.PrincipalId);

    /// <summary>Why they may not decide; null when they may.</summary>
    /// <param name="batch">Has read their roles.</param>
    /// <param name="at">The moment of the decision.</param>
    /// <param name="parties">All that it benefits.</param>
    public Refusal? Refuse(BatchState batch, DateTimeOffset at, params IReadOnlyCollection<Party> parties) =>
        Refuse(batch, at, null, parties);

    /// <summary>The same where a field of the call names the party.</summary>
    public Refusal? Refuse(BatchState batch, DateTimeOffset at, string? field, IReadOnlyCollection<Party> parties)
    {
        var belongings = batch.Table<Belongings>();
        belongings.Waive(this, null);
        if (Conflict(batch, at, parties) is not { } conflict)
            return null;
        return belongings.Waive(this, belongings.WaiverOf(actor.PrincipalId, at)) ? null : RefusalOf(conflict, field);
    }

    /// <summary>Whether they may decide alone; a waiver makes no difference.</summary>
    public bool IsIndependent(BatchState batch, DateTimeOffset at, params IReadOnlyCollection<Party> parties) =>
        Conflict(batch, at, parties) is null;

    /// <summary>Whether the decider is the person behind one of these principals, through whichever principal or client they
    /// call.</summary>
    /// <param name="batch">Has read their roles.</param>
    /// <param name="principals">Those who proposed or approved before.</param>
    public bool IsAmong(BatchState batch, params IReadOnlyCollection<Guid> principals) =>
        batch.Table<Belongings>().Of(actor.PrincipalId).Any(one => one.Kind == PartyKind.Person && principals.Contains(one.Id));

    /// <summary>Whether it is known that they are another person than everybody else of whom that is known.</summary>
    /// <param name="batch">Has read their roles.</param>
    public bool IsProved(BatchState batch) =>
        batch.Table<Belongings>().IsProved(actor.PrincipalId) || confirmed.Contains(actor.PrincipalId);

    /// <summary>Why their approval does not count where several people have to agree; null when it does.</summary>
    /// <param name="batch">Has read their roles.</param>
    public Refusal? RefuseUnproved(BatchState batch) =>
        IsProved(batch)
            ? null
            : Refusal.Conflict(
                "approver-not-proved",
                "Several people have to agree, and only those count who proved who they are: by an address or by the external issuer. An "
                    + "administrator only named you. Accept an invitation by e-mail, and decide as that person. Where no mail is sent, ask "
                    + "those who run the service to confirm you."
            ) with
            {
                MessageKo =
                    "여러 사람의 합의가 필요하며, 주소나 외부 발급자로 신원을 증명한 사람만 인정됩니다. 귀하는 관리자가 이름만 등록했습니다. "
                    + "전자 우편 초대를 수락하고 그 사람으로 결정해 주십시오. 메일을 보내지 않는 곳에서는 서비스 운영자에게 확인을 요청해 주십시오.",
            };

    /// <summary>Whether a waiver lets the platform's only administrator do alone what needs several; its use is recorded.</summary>
    public bool DecidesAlone(BatchState batch, DateTimeOffset at) =>
        batch.Table<Belongings>().Waive(this, batch.Table<Belongings>().WaiverOf(actor.PrincipalId, at));

    /// <summary>Records that a waiver was used, once the decision stands.</summary>
    /// <param name="tree">The tree of what was decided.</param>
    /// <param name="subject">What was decided, by its id.</param>
    public void Decided(BatchState batch, TreeId tree, Guid subject)
    {
        if (batch.Table<Belongings>().WaivedFor(this) is { } waiver)
            batch.RecordEvent(tree, actor, AccessEvents.WaiverUsed, new WaiverUseData(waiver, subject));
    }

    private Belonging? Conflict(BatchState batch, DateTimeOffset at, IReadOnlyCollection<Party> parties) =>
        IndependenceRule.Conflict(batch.Table<Belongings>().Of(actor.PrincipalId), parties, at, window);

    private Refusal RefusalOf(Belonging conflict, string? field)
    {
        var when = conflict.Until is { } until ? $"belonged until {UtcMoments.Text(until)}" : "belong";
        var wait = conflict.Until is null ? "" : $" Past roles count for {window.TotalDays} days.";
        var refusal = conflict.Kind switch
        {
            PartyKind.Person => Refusal.Conflict("own-request", "This decision benefits you. Somebody else has to decide.", field),
            PartyKind.Organization => Refusal.Conflict(
                "own-organization",
                $"You {when} to an organization that this decision benefits. Somebody from outside it has to decide.{wait}",
                field
            ),
            PartyKind.Provider => Refusal.Conflict(
                "own-provider",
                $"You {when} to the operators of a provider that this decision benefits. Somebody else has to decide.{wait}",
                field
            ),
            PartyKind.Partner => Refusal.Conflict(
                "own-partner",
                $"You {when} to the people of a partner that this decision benefits. Somebody else has to decide.{wait}",
                field
            ),
            _ => Refusal.Conflict(
                "own-programme",
                $"You {when} to the people of a programme that gains by this decision. Somebody else has to decide.{wait}",
                field
            ),
        };
        return refusal with { MessageKo = Korean(conflict) };
    }

    private string Korean(Belonging conflict)
    {
        if (conflict.Kind == PartyKind.Person)
            return "이 결정은 본인에게 이익이 됩니다. 다른 사람이 결정해야 합니다.";
        var party = conflict.Kind switch
        {
            PartyKind.Organization => "조직",
            PartyKind.Provider => "제공자",
            PartyKind.Partner => "파트너",
            _ => "프로그램",
        };
        return conflict.Until is { } until
            ? $"{UtcMoments.Text(until)}까지 이 결정으로 이익을 얻는 {party}에 속해 있었습니다. 다른 사람이 결정해야 합니다. 지난 역할은 "
                + $"{window.TotalDays}일 동안 유효합니다."
            : $"이 결정으로 이익을 얻는 {party}에 속해 있습니다. 다른 사람이 결정해야 합니다.";
    }
}

/// <summary>Gives endpoints the caller as somebody who decides.</summary>
public static class DeciderExtensions
{
    public static Decider Decider(this HttpContext http) => http.Decider(http.Actor());

    /// <summary>Somebody else than the caller as the one who decides.</summary>
    public static Decider Decider(this HttpContext http, Actor actor) =>
        new(actor, http.IndependenceWindow(), http.Options().ConfirmedPrincipals);

    /// <summary>For how long a past role counts.</summary>
    public static TimeSpan IndependenceWindow(this HttpContext http) => TimeSpan.FromDays(http.Options().IndependenceDays);

    private static AccessOptions Options(this HttpContext http) => http.RequestServices.GetRequiredService<IOptions<AccessOptions>>().Value;
}
