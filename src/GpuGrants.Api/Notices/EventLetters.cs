using System.Globalization;
using GpuGrants.Api.Json;
using GpuGrants.Notices;
using GpuGrants.Units;

namespace GpuGrants.Api.Notices;

/// <summary>What people are told of an event, in English and Korean. The text names what to read for more.</summary>
internal static class EventLetters
{
    /// <exception cref="ArgumentOutOfRangeException">Nobody is told of events of this type.</exception>
    public static NoticeWords Of(NoticeFact fact, string language) =>
        fact.Type switch
        {
            "request.in-review" => InReview(fact, language),
            "request.approved" => Approved(fact, language),
            "request.denied" => Denied(fact, language),
            "request.expired" => Expired(fact, language),
            "quota-increase.approved" => Increase(fact, language, isApproved: true),
            "quota-increase.denied" => Increase(fact, language, isApproved: false),
            "grant.expiring" => Expiring(fact, language),
            "grant.suspended" => Suspended(fact, language),
            "grant.resumed" => Resumed(fact, language),
            "grant.revoked" => Revoked(fact, language),
            "grant.moved" => Moved(fact, language),
            "grant.transferred" => Transferred(fact, language),
            "usage.reached" => Reached(fact, language),
            "usage.uncharged" => Uncharged(fact, language),
            "webhook-endpoint.failing" => Failing(fact, language),
            "webhook-endpoint.disabled" => Disabled(fact, language),
            _ => throw new ArgumentOutOfRangeException(nameof(fact), fact.Type, "Nobody is told of events of this type."),
        };

    private static NoticeWords InReview(NoticeFact fact, string language)
    {
        var expected = fact is { Since: { } since, Until: { } until } ? UtcMoments.Text(DecisionTime.Expected(since, until)) : null;
        return Words(
            language,
            "GpuGrants: a request waits for review",
            $"""
            A person will decide on your request for {Hours(fact)} GPU-hours in the programme "{fact.Programme}".

            {(expected is null ? "You get another mail then." : $"Expect the decision by {expected}. You get another mail then.")}

            To read or change it: GET /v1/requests/{fact.ResourceId}
            """,
            "GpuGrants: 신청이 심사를 기다리고 있습니다",
            $"""
            '{fact.Programme}' 프로그램에 신청하신 {Hours(fact)} GPU 시간은 담당자가 심사합니다.

            {(
                expected is null
                    ? "결정되면 다시 메일로 알려 드립니다."
                    : $"{expected}까지 결정될 예정이며, 결정되면 다시 메일로 알려 드립니다."
            )}

            확인하거나 변경하시려면: GET /v1/requests/{fact.ResourceId}
            """
        );
    }

    private static NoticeWords Approved(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a request was approved",
            $"""
            A reviewer of the programme "{fact.Programme}" approved {Hours(fact)} GPU-hours for you.

            Your grant: GET /v1/grants/{Text(fact, "grantId")}

            The request with the reviewer's comment: GET /v1/requests/{fact.ResourceId}
            """,
            "GpuGrants: 신청이 승인되었습니다",
            $"""
            '{fact.Programme}' 프로그램의 담당자가 {Hours(fact)} GPU 시간을 승인했습니다.

            부여 내용: GET /v1/grants/{Text(fact, "grantId")}

            신청 내용과 담당자의 의견: GET /v1/requests/{fact.ResourceId}
            """
        );

    private static NoticeWords Denied(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a request was denied",
            $"""
            A reviewer of the programme "{fact.Programme}" denied your request. What was held for it is free again.

            The reason: GET /v1/requests/{fact.ResourceId}
            """,
            "GpuGrants: 신청이 거절되었습니다",
            $"""
            '{fact.Programme}' 프로그램의 담당자가 신청을 거절했습니다. 신청을 위해 확보해 둔 자원은 반환되었습니다.

            사유 확인: GET /v1/requests/{fact.ResourceId}
            """
        );

    private static NoticeWords Expired(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a request expired",
            $"""
            Nobody decided on your request in the programme "{fact.Programme}" in time. What was held for it is free again.

            You may ask again: POST /v1/requests
            """,
            "GpuGrants: 신청이 만료되었습니다",
            $"""
            '{fact.Programme}' 프로그램에 하신 신청이 기한 안에 결정되지 않았습니다. 신청을 위해 확보해 둔 자원은 반환되었습니다.

            다시 신청하시려면: POST /v1/requests
            """
        );

    private static NoticeWords Increase(NoticeFact fact, string language, bool isApproved) =>
        Words(
            language,
            isApproved ? "GpuGrants: a higher limit was approved" : "GpuGrants: a higher limit was denied",
            $"""
            A reviewer {(isApproved ? "approved" : "denied")} the higher limit that you asked for.

            Read it: GET /v1/quota-increases/{fact.ResourceId}
            """,
            isApproved ? "GpuGrants: 한도 증액이 승인되었습니다" : "GpuGrants: 한도 증액이 거절되었습니다",
            $"""
            요청하신 한도 증액을 담당자가 {(isApproved ? "승인" : "거절")}했습니다.

            확인하시려면: GET /v1/quota-increases/{fact.ResourceId}
            """
        );

    private static NoticeWords Expiring(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a grant expires soon",
            $"""
            A grant in the programme "{fact.Programme}" expires at {Until(fact)}. {Hours(fact, "remainingGpuSeconds")} GPU-hours are left.

            What is not used by then goes back. The grant: GET /v1/grants/{fact.ResourceId}
            """,
            "GpuGrants: 부여된 GPU 시간이 곧 만료됩니다",
            $"""
            '{fact.Programme}' 프로그램에서 받으신 GPU 시간이 {Until(fact)}에 만료됩니다. {Hours(
                fact,
                "remainingGpuSeconds"
            )} GPU 시간이 남아 있습니다.

            그때까지 사용하지 않은 시간은 반환됩니다. 확인하시려면: GET /v1/grants/{fact.ResourceId}
            """
        );

    private static NoticeWords Suspended(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a grant was suspended",
            $"""
            A grant in the programme "{fact.Programme}" was suspended. Nothing may be used until it is resumed, and its dates run on.

            The grant: GET /v1/grants/{fact.ResourceId}
            """,
            "GpuGrants: 부여된 GPU 시간의 사용이 중지되었습니다",
            $"""
            '{fact.Programme}' 프로그램에서 받으신 GPU 시간의 사용이 중지되었습니다. 재개될 때까지 사용할 수 없으며, 기간은 계속 지나갑니다.

            확인하시려면: GET /v1/grants/{fact.ResourceId}
            """
        );

    private static NoticeWords Resumed(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a grant may be used again",
            $"""
            A grant in the programme "{fact.Programme}" was resumed. It may be used again until {Until(fact)}.

            The grant: GET /v1/grants/{fact.ResourceId}
            """,
            "GpuGrants: 부여된 GPU 시간을 다시 사용할 수 있습니다",
            $"""
            '{fact.Programme}' 프로그램에서 받으신 GPU 시간의 사용이 재개되었습니다. {Until(fact)}까지 사용하실 수 있습니다.

            확인하시려면: GET /v1/grants/{fact.ResourceId}
            """
        );

    private static NoticeWords Revoked(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a grant was revoked",
            $"""
            The rest of a grant in the programme "{fact.Programme}" was taken back.

            The reason: GET /v1/grants/{fact.ResourceId}
            """,
            "GpuGrants: 부여된 GPU 시간이 회수되었습니다",
            $"""
            '{fact.Programme}' 프로그램에서 받으신 GPU 시간 중 남은 부분이 회수되었습니다.

            사유 확인: GET /v1/grants/{fact.ResourceId}
            """
        );

    private static NoticeWords Moved(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a grant moved to another offer",
            $"""
            A grant in the programme "{fact.Programme}" moved to another offer. {Hours(fact, "remainingGpuSeconds")} GPU-hours go on there.

            Your rate is as before, or lower. Connect as the new grant says: GET /v1/grants/{Text(fact, "continuedAs")}
            """,
            "GpuGrants: 부여된 GPU 시간이 다른 오퍼로 옮겨졌습니다",
            $"""
            '{fact.Programme}' 프로그램에서 받으신 GPU 시간이 다른 오퍼로 옮겨졌습니다. 남은 {Hours(
                fact,
                "remainingGpuSeconds"
            )} 시간을 그곳에서 계속 사용하실 수 있습니다.

            요율은 이전과 같거나 더 낮습니다. 새 접속 방법 확인: GET /v1/grants/{Text(fact, "continuedAs")}
            """
        );

    private static NoticeWords Transferred(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a grant was handed on",
            $"""
            A grant in the programme "{fact.Programme}" was handed to another project or member of your organization.
            {Hours(fact, "remainingGpuSeconds")} GPU-hours are left of it.

            The grant: GET /v1/grants/{fact.ResourceId}
            """,
            "GpuGrants: 부여된 GPU 시간의 담당이 바뀌었습니다",
            $"""
            '{fact.Programme}' 프로그램에서 받으신 GPU 시간이 조직의 다른 프로젝트나 구성원에게 넘겨졌습니다. {Hours(
                fact,
                "remainingGpuSeconds"
            )} 시간이 남아 있습니다.

            확인하시려면: GET /v1/grants/{fact.ResourceId}
            """
        );

    private static NoticeWords Reached(NoticeFact fact, string language)
    {
        var percent = fact.Data.GetProperty("percent").GetInt32().ToString(CultureInfo.InvariantCulture);
        var (used, all) = (Hours(fact, "usedGpuSeconds"), Hours(fact, "gpuSeconds"));
        return Words(
            language,
            $"GpuGrants: {percent} percent of a grant are used",
            $"""
            Of a grant in the programme "{fact.Programme}", {used} of {all} GPU-hours are used.

            The grant: GET /v1/grants/{fact.ResourceId}
            """,
            $"GpuGrants: 부여된 GPU 시간의 {percent}%를 사용했습니다",
            $"""
            '{fact.Programme}' 프로그램에서 받으신 {all} GPU 시간 중 {used} 시간을 사용하셨습니다.

            확인하시려면: GET /v1/grants/{fact.ResourceId}
            """
        );
    }

    private static NoticeWords Uncharged(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: GPUs were used beyond a grant",
            $"""
            GPUs were used beyond a grant in the programme "{fact.Programme}", or while it was suspended. Nobody pays for that use.

            Stop what still runs. The programme may suspend or revoke the grant. Read it: GET /v1/grants/{fact.ResourceId}
            """,
            "GpuGrants: 부여된 범위를 넘어 GPU가 사용되었습니다",
            $"""
            '{fact.Programme}' 프로그램에서 받으신 GPU 시간을 넘어서, 또는 사용이 중지된 동안 GPU가 사용되었습니다. 이 사용량은 아무도 지불하지 않습니다.

            실행 중인 작업을 멈춰 주십시오. 프로그램이 사용을 중지하거나 회수할 수 있습니다. 확인하시려면: GET /v1/grants/{fact.ResourceId}
            """
        );

    private static NoticeWords Failing(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a webhook endpoint fails",
            $"""
            A webhook endpoint that you manage has taken nothing for three days. After five days it is disabled.

            What was sent and answered: GET /v1/webhook-endpoints/{fact.ResourceId}/deliveries
            """,
            "GpuGrants: 웹훅 엔드포인트가 응답하지 않습니다",
            $"""
            관리하시는 웹훅 엔드포인트가 3일 동안 아무 이벤트도 받지 못했습니다. 5일이 지나면 비활성화됩니다.

            전송 기록 확인: GET /v1/webhook-endpoints/{fact.ResourceId}/deliveries
            """
        );

    private static NoticeWords Disabled(NoticeFact fact, string language) =>
        Words(
            language,
            "GpuGrants: a webhook endpoint was disabled",
            $"""
            A webhook endpoint that you manage was disabled, so nothing more is sent to it.

            The reason: GET /v1/webhook-endpoints/{fact.ResourceId}

            Once the receiver works, enable it by PATCH with "status": "active". It goes on where it was.
            """,
            "GpuGrants: 웹훅 엔드포인트가 비활성화되었습니다",
            $"""
            관리하시는 웹훅 엔드포인트가 비활성화되어 더 이상 이벤트를 보내지 않습니다.

            사유 확인: GET /v1/webhook-endpoints/{fact.ResourceId}

            수신 측이 정상이 되면 PATCH 로 "status": "active" 를 보내 다시 활성화해 주십시오. 멈춘 곳부터 이어집니다.
            """
        );

    private static NoticeWords Words(string language, string subject, string text, string koreanSubject, string koreanText) =>
        language == "ko" ? new(koreanSubject, koreanText) : new(subject, text);

    private static string Text(NoticeFact fact, string member) => fact.Data.GetProperty(member).GetString()!;

    private static string Until(NoticeFact fact) => UtcMoments.Text(fact.Until!.Value);

    /// <summary>The GPU-hours that a decision is about.</summary>
    private static string Hours(NoticeFact fact) =>
        fact.Data.GetProperty("gpuHours").GetDecimal().ToString("0.##", CultureInfo.InvariantCulture);

    private static string Hours(NoticeFact fact, string member) =>
        Wire.HoursText(GpuTime.FromSeconds(fact.Data.GetProperty(member).GetInt64()));
}
